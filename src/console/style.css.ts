/** The console's stylesheet. Colours come in pairs for light and dark; each text on its ground has a contrast of 4.5 or more (WCAG AA). */
export const style = `
:root { color-scheme: light dark; --ground: light-dark(#fbfbfa, #16181b); --paper: light-dark(#fff, #1e2125); --ink: light-dark(#1b1d20, #e6e7e9); --quiet: light-dark(#5a6068, #a3aab3);
  --line: light-dark(#dcdee1, #353a40); --link: light-dark(#0b57a4, #82b8f5); --grave: light-dark(#a8201a, #ff9088); --grave-ground: light-dark(#fdecea, #3a1d1c);
  --changing: light-dark(#8a5300, #eab765); --good: light-dark(#1c6b38, #7fcf99); --mark: light-dark(#ffe27a, #6b5300); --button: light-dark(#eef0f2, #2c3137); --band: light-dark(#8fb4dc, #43658c);
  font: 15px/1.45 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: .5rem; top: .5rem; background: var(--paper); padding: .5rem; z-index: 1; }
header { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; align-items: center; padding: .5rem 1rem; background: var(--paper); border-bottom: 1px solid var(--line); }
header nav { display: flex; flex-wrap: wrap; gap: .25rem; }
header nav a { padding: .35rem .6rem; text-decoration: none; border-radius: 5px; }
header nav a[aria-current] { background: var(--button); color: var(--ink); font-weight: 600; }
.who { margin-left: auto; display: flex; gap: .6rem; align-items: center; font-size: .9rem; color: var(--quiet); }
main, #news { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
main { padding-bottom: 1rem; }
h1 { font-size: 1.3rem; margin: 1rem 0 .5rem; }
h2 { font-size: 1rem; margin: 1.1rem 0 .35rem; }
ul { margin: .3rem 0; padding-left: 1.2rem; }
.quiet { color: var(--quiet); font-size: .9rem; }
.count { min-height: 1.4em; margin: 0 0 .5rem; }
.requests { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
.requests > li, article, .card { background: var(--paper); border: 1px solid var(--line); border-left: 5px solid var(--line); border-radius: 6px; }
.requests > li.changing, article.changing { border-left-color: var(--changing); }
.requests > li.grave, article.grave { border-left-color: var(--grave); }
.requests > li.chosen { outline: 3px solid var(--link); outline-offset: 1px; }
.request { display: grid; grid-template-columns: minmax(0, 1fr); gap: .15rem; padding: .55rem .8rem; color: inherit; text-decoration: none; }
.request:hover { background: var(--button); }
.line { display: flex; flex-wrap: wrap; gap: 0 .4rem; align-items: baseline; }
li.session, .timeline > li { padding: .55rem .8rem; }
.session p, .timeline p { margin: .2rem 0 0; }
.session .line > :first-child { flex: 1 1 14rem; }
.line > .button { font-size: .9rem; }
li > .links { margin: -.3rem .8rem .5rem; }
.search { display: grid; gap: .6rem; margin-bottom: 1rem; }
.search button { justify-self: start; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 100%), 1fr)); gap: .5rem .8rem; }
.search details .fields { margin-top: .5rem; }
.jumps ul { display: flex; flex-wrap: wrap; gap: .2rem .8rem; list-style: none; padding: 0; }
.jumps .held { color: var(--changing); }
.jumps .refused { color: var(--grave); }
.pages { display: flex; gap: .8rem; }
.timeline .statement { margin-top: .35rem; max-height: 20rem; }
.timeline time { font-variant-numeric: tabular-nums; }
.timeline > li { position: relative; margin-left: 1rem; }
.timeline > .inside::before { content: ''; position: absolute; left: -1.1rem; top: -.5rem; bottom: 0; width: .4rem; background: var(--band); }
.timeline > .begins::before { top: 0; border-top-left-radius: .4rem; }
.timeline > .ends::before { border-bottom-left-radius: .4rem; }
.timeline > li:target { outline: 3px solid var(--link); outline-offset: 1px; }
.left { margin-left: auto; white-space: nowrap; font-variant-numeric: tabular-nums; }
.left time { display: inline-block; min-width: 3.2em; text-align: right; font-weight: 600; }
.grave .effects { color: var(--grave); }
.warning { color: var(--grave); font-style: normal; font-weight: 700; }
code, pre { font: .87rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
article, .card { padding: .8rem 1rem; margin-bottom: 1rem; }
.card h2, article > :first-child { margin-top: 0; }
.statement { margin: 0; padding: .7rem; max-height: 60vh; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground); border: 1px solid var(--line); border-radius: 5px; }
.statement + .quiet { margin: .25rem 0 0; }
mark { background: var(--mark); color: inherit; }
.facts { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .25rem .8rem; margin: .3rem 0; }
.facts dt { grid-column: 1; color: var(--quiet); }
.facts dd { grid-column: 2; margin: 0; }
.state { display: flex; flex-wrap: wrap; gap: .2rem .6rem; margin: 0; }
.state.finished strong, .state.approved strong, .state.released strong { color: var(--good); }
.state.denied strong, .state.failed strong, .state.expired strong { color: var(--grave); }
.badge { border: 1px solid currentColor; border-radius: 4px; padding: 0 .35rem; font-size: .85rem; font-weight: 500; color: var(--quiet); }
.badge.finished, .badge.approved, .badge.released { color: var(--good); }
.badge.denied, .badge.failed { color: var(--grave); }
.badge.held { color: var(--changing); }
.refusal { background: var(--grave-ground); color: var(--grave); border: 1px solid; border-radius: 5px; padding: .5rem .7rem; margin: .6rem 0; }
.note { border-left: 3px solid var(--line); padding-left: .7rem; }
#decide:not([hidden]) { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: .8rem; margin: 1rem 0; }
#decide form, .card form { display: flex; gap: .5rem; align-items: end; }
.card form { max-width: 30rem; }
label { display: grid; gap: .2rem; flex: 1; min-width: 0; font-size: .9rem; color: var(--quiet); }
input { font: inherit; width: 100%; min-height: 2.6rem; padding: .4rem .6rem; color: var(--ink); background: var(--ground); border: 1px solid var(--quiet); border-radius: 5px; }
input::placeholder { color: var(--quiet); opacity: 1; }
button, .button { font: inherit; font-weight: 600; min-height: 2.6rem; padding: .4rem 1rem; color: var(--ink); background: var(--button); border: 1px solid var(--quiet); border-radius: 5px; cursor: pointer; }
.button { display: inline-block; text-decoration: none; }
.plain { min-height: 2rem; padding: .2rem .6rem; font-weight: 400; }
.approve button { color: var(--paper); background: var(--good); border-color: var(--good); }
.deny button { color: var(--grave); background: var(--paper); border-color: var(--grave); }
.sign-in { max-width: 24rem; }
.sign-in form { display: grid; gap: .8rem; }
dialog { color: var(--ink); background: var(--paper); border: 1px solid var(--line); border-radius: 8px; max-width: min(30rem, calc(100vw - 2rem)); }
dialog h2 { margin-top: 0; }
kbd { font: .87rem ui-monospace, monospace; border: 1px solid var(--quiet); border-radius: 4px; padding: 0 .3rem; }
@media (max-width: 40rem) {
  header { padding: .4rem .7rem; } .who { margin-left: 0; width: 100%; justify-content: space-between; }
  main, #news { padding: 0 .7rem .7rem; } article, .card { padding: .6rem .7rem; }
  header nav { gap: 0; } header nav a { padding: .35rem .45rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .facts dt, .facts dd { grid-column: 1; } .facts dt { margin-top: .45rem; font-size: .85rem; }
}
`;
