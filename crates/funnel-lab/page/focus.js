// Updates replace what they show. The focus goes back to the element that stands where the focused one stood.

/** Notes what has the focus within `root`; the function that it returns gives it back after an update. */
export function holdFocus(root) {
  const focused = document.activeElement;
  if (!root.contains(focused)) return () => {};
  const { key, level } = focused.dataset;
  const path = [];
  for (let node = focused; node !== root; node = node.parentElement) path.unshift([...node.parentElement.children].indexOf(node));
  return () => {
    if (focused.isConnected || document.activeElement !== document.body) return;
    const marked = key !== undefined ? `[data-key="${CSS.escape(key)}"]` : level !== undefined ? `[data-level="${CSS.escape(level)}"]` : null;
    const same = marked ? root.querySelector(marked) : path.reduce((node, at) => node?.children[at], root);
    if (same?.tagName === focused.tagName) same.focus({ preventScroll: true });
  };
}

/** Whether the reader has selected text within `root`. */
export function holdsSelection(root) {
  const selection = getSelection();
  return !selection.isCollapsed && root.contains(selection.anchorNode);
}
