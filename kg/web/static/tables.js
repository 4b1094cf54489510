// Sorting and filtering of the tables of a page. Without this script the tables are whole and in the order of the server.

const FILTERED = 8; // rows from which a filter helps
const SORTED = 3; // rows from which sorting helps
const NUMBER = /^(?:[A-Za-z]{1,3}\s+)?([<>=≤≥]?)\s*([-−]?\d[\d,]*(?:\.\d+)?)/;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** The text of a cell; nothing for one that says that there is no value. */
const words = (cell) => (cell.querySelector(".unsaid, .hidden") ? "" : cell.textContent.trim());

/** The number with which a text begins, as in 0.70, HR 0.70 (0.53 to 0.92), P < 0.001 or 12%; a bound is beside its number. */
const number = (text) => {
  const found = NUMBER.exec(text);
  if (!found) return null;
  const value = Number(found[2].replaceAll(",", "").replace("−", "-"));
  const aside = { "<": -1, ">": 1 }[found[1]] ?? 0;
  return value + aside * Math.abs(value) * 1e-9;
};

/** One table with the controls that this script adds. */
class Table {
  constructor(box, number_) {
    this.box = box;
    this.table = box.querySelector("table");
    this.body = this.table.tBodies[0];
    this.rows = [...this.body.rows];
    this.heads = [...this.table.tHead.rows[0].cells];
    this.status = element("p", { className: "hidden", role: "status" });
    box.before(this.status);
    if (this.rows.length >= SORTED) this.heads.forEach((head, column) => this.sortable(head, column));
    if (this.rows.length >= FILTERED) this.filterable(`table-filter-${number_}`);
  }

  static fits(box) {
    const table = box.querySelector("table");
    const plain = table?.tHead?.rows.length === 1 && table.tBodies.length === 1 && !table.querySelector("[colspan], [rowspan]");
    return plain && !("part" in table.dataset); // of a part of the rows neither order nor number would be true
  }

  sortable(head, column) {
    // the server sorts by a heading that is a link
    const text = [...head.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (head.querySelector("a") || !text) return;
    const button = element("button", { type: "button", className: "sort", textContent: text.data.trim() });
    button.addEventListener("click", () => this.sort(column, button.textContent));
    text.replaceWith(button);
  }

  sort(column, name) {
    const head = this.heads[column];
    const order = { null: "ascending", ascending: "descending" }[head.ariaSort] ?? null; // the third time it is as it was
    for (const one of this.heads) one.ariaSort = null;
    head.ariaSort = order;
    const cells = this.rows.map((row) => [row, words(row.cells[column])]);
    if (order) cells.sort(this.comparing(cells, order === "ascending" ? 1 : -1));
    this.body.append(...cells.map(([row]) => row));
    this.status.textContent = order ? `Sorted by ${name}, ${order}; empty cells are last.` : `In the order of the page.`;
  }

  /** The order of pairs of row and text: by number if all texts are numbers; empty ones are last either way. */
  comparing(cells, sign) {
    const numbers = cells.every(([, text]) => !text || number(text) !== null);
    return ([, one], [, other]) => {
      if (!one || !other) return (one ? 0 : 1) - (other ? 0 : 1);
      return sign * (numbers ? number(one) - number(other) : collator.compare(one, other));
    };
  }

  filterable(id) {
    const input = element("input", { id, type: "search", autocomplete: "off" });
    const count = element("span", { className: "soft", role: "status" });
    const texts = this.rows.map((row) => row.textContent.toLowerCase());
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      this.rows.forEach((row, at) => {
        row.hidden = !wanted.every((word) => texts[at].includes(word));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = wanted.length ? `${shown} of ${this.rows.length} rows` : "";
    });
    const label = element("label", { htmlFor: id, textContent: "Filter rows" });
    label.append(element("span", { className: "hidden", textContent: ` of: ${this.box.ariaLabel ?? "table"}` }));
    this.box.before(element("div", { className: "table-filter no-print" }, label, input, count));
  }
}

[...document.querySelectorAll("main .scroll")].filter(Table.fits).forEach((box, at) => new Table(box, at));
