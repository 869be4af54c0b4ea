// Styles that a library makes while the page lives, under a policy (page.rs) that allows those of the host's files only.
//
// xterm.js writes style sheets into <style> elements and colours into style attributes. The policy forbids both, because it cannot
// tell them from what somebody injected as markup. What a script sets through the CSSOM it does allow: so here they are set there.

const attributes = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name: string, value: string): void {
  if (name === "style" && this instanceof HTMLElement) this.style.cssText = value;
  else attributes.call(this, name, value);
};

/** Does what makes style elements; it gets elements that mean nothing, whose text is a sheet of the document until they are removed. */
export function adopting(work: () => void): void {
  const create = document.createElement.bind(document) as (name: string) => HTMLElement;
  document.createElement = ((name: string) => {
    return name === "style" ? adopted(create("template")) : create(name);
  }) as typeof document.createElement;
  try {
    work();
  } finally {
    // What was put in its way was an own property.
    Reflect.deleteProperty(document, "createElement");
  }
}

function adopted(element: HTMLElement): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}
