/** As much of a browser as the issuer's pages need: cookies, redirects, and forms that are sent as they stand, with what the person types. */

export class Browser {
  readonly #login: string;
  readonly #cookies = new Map<string, string>();

  /** @param login what the person types where a page asks who they are */
  constructor(login: string) {
    this.#login = login;
  }

  /** Goes there and through every form. Resolves with the address of the first page elsewhere, or with the text of the last page. */
  async visit(start: string | URL): Promise<{ readonly left?: URL; readonly text: string }> {
    const { origin } = new URL(start);
    let next: { readonly url: URL; readonly body?: URLSearchParams } = { url: new URL(start) };
    for (let pages = 0; pages < 20; pages += 1) {
      if (next.url.origin !== origin) return { left: next.url, text: '' };
      const response = await fetch(next.url, {
        redirect: 'manual', method: next.body === undefined ? 'GET' : 'POST', ...(next.body && { body: next.body }),
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      this.#keep(response.headers.getSetCookie());
      const { location } = Object.fromEntries(response.headers);
      const text = await response.text();
      if (location !== undefined) next = { url: new URL(location, next.url) };
      else {
        const form = formIn(text, next.url, this.#login);
        if (form === undefined) return { text };
        next = form;
      }
    }
    throw new Error('the issuer has too many pages');
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

function formIn(html: string, page: URL, login: string): { readonly url: URL; readonly body: URLSearchParams } | undefined {
  const [form] = /<form[\s\S]*?<\/form>/.exec(html) ?? [];
  const action = form === undefined ? undefined : attribute(form, 'action');
  if (form === undefined || action === undefined) return undefined;
  const body = new URLSearchParams();
  for (const [input] of form.matchAll(/<input[^>]*>/g)) {
    const name = attribute(input, 'name') ?? '';
    body.set(name, name === 'login' ? login : (attribute(input, 'value') ?? 'any password'));
  }
  return { url: new URL(action, page), body };
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');
}
