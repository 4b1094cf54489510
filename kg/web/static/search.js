// Suggestions while typing in the search boxes: an ARIA combobox with the hits of search.json. The form works without this script.

const MOST = 8;
const PAUSE = 120; // milliseconds without a key before the server is asked

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** The suggestions below one search box. */
class Suggestions {
  constructor(form, number) {
    this.form = form;
    this.input = form.elements.q;
    this.list = element("ul", { id: `suggested-${number}`, role: "listbox", ariaLabel: "Suggestions" });
    this.told = element("p", { className: "suggested-told", hidden: true });
    this.status = element("p", { className: "hidden", role: "status" });
    this.box = element("div", { className: "suggested", hidden: true }, this.told, this.list);
    form.append(this.box, this.status);
    Object.assign(this.input, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
    this.input.setAttribute("aria-controls", this.list.id);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]"), event));
  }

  get options() {
    return [...this.list.children];
  }

  get chosen() {
    return this.list.querySelector("[aria-selected=true]");
  }

  later() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    if (!this.input.value.trim()) return this.close();
    this.waiting = setTimeout(() => this.ask(this.input.value.trim()), PAUSE);
    return undefined;
  }

  async ask(text) {
    this.asked = new AbortController();
    try {
      const query = new URLSearchParams({ q: text, limit: MOST });
      const reply = await fetch(`${this.form.action}.json?${query}`, { signal: this.asked.signal });
      if (reply.ok) this.show(text, await reply.json());
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the form still answers
    }
  }

  show(text, hits) {
    const similar = hits.length > 0 && hits.every((one) => one.match === "similar");
    const none = hits.length === 0 || similar;
    this.told.textContent = similar ? `No entity is named “${text}”; similar names:` : `No entity has a name like “${text}”.`;
    this.told.hidden = !none;
    this.list.replaceChildren(...hits.map((one, number) => this.option(one, number)));
    if (hits.length) this.list.append(this.every(text, hits.length));
    const count = `${hits.length} suggestion${hits.length === 1 ? "" : "s"}, use the arrow keys`;
    this.status.textContent = [none && this.told.textContent, hits.length && count].filter(Boolean).join(" ");
    this.box.hidden = false;
    this.input.ariaExpanded = String(hits.length > 0);
    this.choose(null);
  }

  option(one, number) {
    const name = element("span", { className: "name", textContent: one.label });
    const kind = element("span", { className: "soft small", textContent: one.kind });
    const other = one.matched === one.label ? [] : [element("span", { className: "soft small", textContent: one.matched })];
    return this.entry(number, one.page, name, ...other, kind);
  }

  every(text, number) {
    const address = `${this.form.action}?${new URLSearchParams({ q: text })}`;
    return this.entry(number, address, element("span", { className: "name", textContent: `All matches of “${text}”` }));
  }

  entry(number, address, ...children) {
    const made = element("li", { id: `${this.list.id}-${number}`, role: "option", ariaSelected: "false" }, ...children);
    made.dataset.address = address;
    return made;
  }

  choose(option) {
    for (const one of this.options) one.ariaSelected = String(one === option);
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    const options = this.options;
    const at = options.indexOf(this.chosen);
    if (event.key === "Escape" && !this.box.hidden) {
      event.preventDefault(); // the first time it closes the list, not the text
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.altKey) {
      event.preventDefault();
      if (this.box.hidden) return this.later();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      // the text itself is one step of the round
      this.choose(at < 0 && event.key === "ArrowUp" ? options.at(-1) : (options[next] ?? null));
    } else if (event.key === "Enter" && this.chosen) {
      event.preventDefault();
      this.go(this.chosen, event);
    }
    return undefined;
  }

  go(option, event) {
    if (!option) return;
    if (event.ctrlKey || event.metaKey) window.open(option.dataset.address, "_blank", "noopener");
    else window.location.assign(option.dataset.address);
  }

  close() {
    clearTimeout(this.waiting);
    this.asked?.abort();
    this.box.hidden = true;
    this.input.ariaExpanded = "false";
    this.status.textContent = "";
    this.choose(null);
  }
}

document.querySelectorAll("form.search[action$='/search']").forEach((form, number) => new Suggestions(form, number));
