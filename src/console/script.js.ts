/** The console's script. Everything works without it; with it pages renew themselves and keys move. */
export const script = String.raw`'use strict';
const body = document.body;
const ahead = Number(body.dataset.now) - Date.now();
const live = (body.dataset.live || '').split(' ').filter(Boolean);
const news = document.getElementById('news');
// As the server rendered them, before the time ticks and people type.
const rendered = new Map(live.map((id) => [id, document.getElementById(id)?.outerHTML]));
const two = (n) => String(n).padStart(2, '0');

function tick() {
  for (const time of document.querySelectorAll('time[data-until]')) {
    const seconds = Math.max(0, Math.ceil((Number(time.dataset.until) - Date.now() - ahead) / 1000));
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    const text = hours > 0 ? hours + ':' + two(minutes) + ':' + two(seconds % 60) : minutes + ':' + two(seconds % 60);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(tick, 1000);
tick();

// Only what differs is replaced: a form that is the same keeps what was typed into it.
async function renew() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of live) {
    const old = document.getElementById(id), next = fresh.getElementById(id);
    if (!old || !next || rendered.get(id) === next.outerHTML) continue;
    const focus = document.activeElement && document.activeElement.closest('li[id]');
    rendered.set(id, next.outerHTML);
    old.replaceWith(document.adoptNode(next));
    if (focus) document.getElementById(focus.id)?.querySelector('a')?.focus();
  }
  if (chosen) choose(chosen);
  tick();
}

let waiting;
function soon() {
  if (waiting) return;
  waiting = setTimeout(() => { waiting = undefined; renew().catch(() => {}); }, 100);
}

const shown = document.querySelector('[data-request]')?.dataset.request;
if (live.length > 0) {
  const source = new EventSource('/console/events');
  // What changed between the page and its stream would be missed otherwise.
  source.addEventListener('open', soon);
  source.addEventListener('change', (event) => {
    const { id, state, escalated } = JSON.parse(event.data);
    if (shown && shown !== id) return;
    const became = escalated ? 'waits for more people now.' : state === 'pending' ? 'waits for a decision.' : 'is ' + state + '.';
    news.textContent = (shown ? 'This request ' : 'A request ') + became;
    soon();
  });
  // A stream that was refused is closed for good: try again now and then.
  setInterval(() => { if (source.readyState === EventSource.CLOSED) renew().catch(() => {}); }, 10000);
  if (body.dataset.renew) setInterval(soon, Number(body.dataset.renew) * 1000);
}

let chosen;
function choose(id) {
  document.querySelector('.chosen')?.classList.remove('chosen');
  const item = document.getElementById(id);
  chosen = item ? id : undefined;
  if (!item) return;
  item.classList.add('chosen');
}
function move(by) {
  const items = [...document.querySelectorAll('.requests > li')];
  if (items.length === 0) return;
  const focused = items.findIndex((item) => item.contains(document.activeElement));
  const at = focused === -1 ? items.findIndex((item) => item.id === chosen) : focused;
  const item = items[at === -1 ? (by > 0 ? 0 : items.length - 1) : Math.min(items.length - 1, Math.max(0, at + by))];
  const link = item.querySelector('a');
  if (link) link.focus();
  else document.activeElement?.blur();
  if (item.id) choose(item.id);
}

const keys = {
  j: () => move(1), k: () => move(-1),
  a: () => (document.getElementById('approve') || followed('#approve'))?.focus(),
  d: () => (document.getElementById('deny-reason') || followed('#deny-reason'))?.focus(),
  q: () => location.assign('/console'),
  '/': () => (document.getElementById('words') || document.querySelector('nav a[href="/console/audit"]'))?.focus(),
  '?': () => document.getElementById('keys').showModal(),
};
// In the queue nothing is decided: the whole statement is on the request's own page.
function followed(hash) {
  const link = document.activeElement?.closest('.request');
  if (link) location.assign(link.href + hash);
}
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, dialog[open]')) return;
  const lost = event.key === 'Enter' && chosen && document.activeElement === body;
  const act = lost ? () => document.getElementById(chosen)?.querySelector('a')?.click() : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.focus();
for (const form of document.forms) form.addEventListener('submit', (event) => {
  if (form.method === 'dialog') return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = 'yes';
});
addEventListener('pageshow', () => { for (const form of document.forms) delete form.dataset.sent; });
`;
