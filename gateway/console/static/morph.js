// Makes what stands in the page into what was drawn, touching only what differs: focus, selection and scroll stay where they are.
export function morph(place, ...fresh) {
  const old = [...place.childNodes];
  fresh.forEach((node, n) => (n < old.length ? become(old[n], node) : place.append(node)));
  old.slice(fresh.length).forEach((node) => node.remove());
}

function become(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) { old.replaceWith(fresh); return; }
  if (old.nodeType === Node.TEXT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return; }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (fresh.act) old.act = fresh.act;
  morph(old, ...fresh.childNodes);
}
