/** Styles of the chat, within its shadow root. Logical directions throughout, so that right-to-left needs nothing more. */
export const chatCss = `
.panel{display:flex;flex-direction:column;background:light-dark(#fff,#1d1f23);color:light-dark(#1c1d20,#f2f2f4);overflow:hidden;text-align:start}
:host(:not([data-inline])) .panel{position:fixed;z-index:99995;bottom:20px;inset-inline-end:20px;width:min(400px,calc(100vw - 24px));height:min(640px,calc(100dvh - 40px));border-radius:16px;box-shadow:0 10px 40px #0006}
:host([data-position=left]:not([data-inline])) .panel{inset-inline:20px auto}
:host([data-inline]) .panel{height:min(600px,80vh);border:1px solid light-dark(#ccc,#555);border-radius:12px}
@media (max-width:480px){:host(:not([data-inline])) .panel{inset:0!important;width:100%;height:100dvh;border-radius:0}}
header{display:flex;align-items:center;gap:4px;padding:10px 8px 10px 16px;padding-inline:16px 8px;background:var(--accent);color:var(--ink)}
h2{flex:1;margin:0;font-size:17px;font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
header button,.tool{width:44px;height:44px;border:0;border-radius:10px;background:none;color:inherit;display:grid;place-items:center;flex:none}
header button:hover,.tool:hover{background:#8883}
svg{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;width:22px;height:22px}
header :focus-visible{outline-color:var(--ink);box-shadow:none;outline-offset:-3px}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:12px}
.mine,.text{padding:10px 14px;border-radius:14px;max-width:88%;overflow-wrap:anywhere}
.mine{align-self:flex-end;background:var(--accent);color:var(--ink);border-end-end-radius:4px;white-space:pre-wrap}
.answer{display:flex;flex-direction:column;gap:8px;align-items:flex-start}
.text{background:light-dark(#f0f1f3,#2c2f35);border-end-start-radius:4px}
.text p,.text ul,.text ol{margin:0 0 8px}.text>:last-child{margin-bottom:0}.text ul,.text ol{padding-inline-start:20px}
.card{display:grid;grid-template-columns:72px 1fr;gap:4px 12px;width:100%;padding:10px;border:1px solid light-dark(#d5d7db,#4a4e57);border-radius:12px;align-items:start}
.card.plain{grid-template-columns:1fr}
.card img{width:72px;height:72px;object-fit:cover;border-radius:8px;grid-row:span 3;background:#8882}
.card a{color:inherit;font-weight:600}
.price{font-weight:600}.price s{font-weight:400;opacity:.75;margin-inline-start:6px}
.stock{font-size:14px;color:light-dark(#1a6b35,#7fd79b)}.stock.none{color:light-dark(#a3261b,#ff9f97)}
.row{display:flex;flex-wrap:wrap;gap:8px;margin-top:4px}
.pill{min-height:44px;padding:8px 16px;border-radius:22px;border:1px solid light-dark(#767676,#9a9ea8);background:none;color:inherit;text-decoration:none;display:inline-flex;align-items:center;font-weight:500;text-align:start}
.pill.main{background:var(--accent);color:var(--ink);border-color:transparent}
.pill:disabled{opacity:.6;cursor:default}
.small{font-size:13px;color:light-dark(#55585f,#b5b8c0);margin:0}
.after{display:flex;gap:4px}.after button{border:0;background:none;color:light-dark(#55585f,#b5b8c0);padding:6px 10px;border-radius:8px;font-size:13px;min-height:32px}.after button:hover{background:#8882}.after [aria-pressed=true]{background:#8883;color:inherit;font-weight:600}.after [aria-busy=true]{opacity:.7}.small:empty{position:absolute}
.wait{display:inline-flex;gap:5px;padding:14px}.wait i{width:8px;height:8px;border-radius:4px;background:currentColor;opacity:.4;animation:blink 1s infinite alternate}.wait i:nth-child(2){animation-delay:.3s}.wait i:nth-child(3){animation-delay:.6s}
@keyframes blink{to{opacity:1}}
@media (prefers-reduced-motion:reduce){.wait i{animation:none;opacity:.7}}
.trouble{border:1px solid light-dark(#a3261b,#ff9f97);border-radius:12px;padding:10px 14px}.trouble p{margin:0 0 8px}
form.ask{display:flex;gap:6px;padding:10px 12px;border-top:1px solid light-dark(#d5d7db,#4a4e57);align-items:flex-end}
textarea,input{font:inherit;color:inherit;background:light-dark(#fff,#15171a);border:1px solid light-dark(#767676,#9a9ea8);border-radius:10px;padding:9px 12px;min-width:0}
textarea{flex:1;resize:none;max-height:120px;min-height:44px;field-sizing:content}
.tool.send{background:var(--accent);color:var(--ink)}.tool[aria-pressed=true]{background:#c62828;color:#fff}
.order{display:grid;gap:8px;width:100%;padding:12px;border:1px solid light-dark(#d5d7db,#4a4e57);border-radius:12px}.order label{display:grid;gap:2px;font-size:14px}.order h3{margin:0;font-size:16px}
.foot{padding:0 16px 8px;font-size:12px;color:light-dark(#55585f,#b5b8c0);margin:0;text-align:center}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}`;
