"use strict";
// Adds an editor with completion and a result table to the plain form of the SPARQL page. All data come from this site:
// prefixes, terms and questions from query/settings.json, answers from the endpoint in the form.

(() => {
  const LONGEST_LINK = 8000; // characters; servers refuse longer addresses
  const form = document.querySelector("form.sparql");
  const text = form.elements.query;
  const place = (name) => form.ownerDocument.getElementById(name);

  const element = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  const status = (message) => {
    place("sparql-status").textContent = message;
  };

  const link = (query) => {
    const address = new URL(form.action);
    address.search = new URLSearchParams({ query });
    return address.href;
  };

  // The editor ------------------------------------------------------------------------------------------------------------------

  const contract = (iri, prefixes) => {
    for (const [prefix, start] of Object.entries(prefixes)) {
      if (iri.startsWith(start) && /^[A-Za-z0-9_][\w-]*$/.test(iri.slice(start.length))) {
        return `${prefix}:${iri.slice(start.length)}`;
      }
    }
    return `<${iri}>`;
  };

  /** A completer for classes or properties: by the name in the query, or by a part of the label. */
  const completer = (standard, terms, prefixes) => ({
    ...standard,
    bulk: false,
    get: (_editor, token) => {
      const typed = (token.string || "").trim().replace(/^</, "").toLowerCase();
      const fits = (term) => {
        const name = contract(term.iri, prefixes).toLowerCase();
        return name.startsWith(typed) || term.iri.toLowerCase().startsWith(typed) || term.label.toLowerCase().includes(typed);
      };
      return terms.filter(fits).map((term) => term.iri);
    },
    postProcessSuggestion: (_editor, _token, iri) => contract(iri, prefixes),
    postprocessHints: (_editor, hints) => {
      const labels = new Map(terms.map((term) => [contract(term.iri, prefixes), term]));
      return hints.map((hint) => {
        const { label, uses } = labels.get(hint.text);
        return { ...hint, displayText: `${hint.text}   ${label ? label + ", " : ""}${uses}` };
      });
    },
  });

  /** Adds missing PREFIX lines for known prefixes at the top of the query. */
  const declare = (editor, prefixes) => {
    const query = editor.getValueWithoutComments();
    const declared = new Set([...query.matchAll(/PREFIX\s+([\w-]*):/gi)].map((found) => found[1]));
    const bare = query.replace(/<[^<>\s]*>|"[^"\n]*"|'[^'\n]*'/g, " ");
    const used = new Set([...bare.matchAll(/(?<![\w?$:-])([A-Za-z][\w-]*):(?=[\w-])/g)].map((found) => found[1]));
    const lacking = [...used].filter((name) => !declared.has(name) && Object.hasOwn(prefixes, name)).sort();
    if (lacking.length) {
      const lines = lacking.map((name) => `PREFIX ${name}: <${prefixes[name]}>\n`).join("");
      editor.getDoc().replaceRange(lines, { line: 0, ch: 0 });
    }
  };

  const makeEditor = (settings) => {
    const { Yasqe } = Yasgui;
    const known = Yasqe.Autocompleters;
    known.class = completer(known.class, settings.classes, settings.prefixes);
    known.property = completer(known.property, settings.properties, settings.prefixes);
    const prefixes = Object.entries(settings.prefixes).map(([name, start]) => `${name}: <${start}>`);
    known.prefixes = { ...known.prefixes, get: () => prefixes, persistenceId: null };
    const editor = new Yasqe(place("sparql-editor"), {
      value: text.value,
      autocompleters: ["variables", "prefixes", "class", "property"],
      persistenceId: null,
      consumeShareLink: null,
      createShareableLink: null,
      showQueryButton: false,
      resizeable: false,
      editorHeight: null,
      highlightSelectionMatches: null, // do not highlight other occurrences of the selected word
      // Tab must move the focus: otherwise keyboard users cannot leave the editor
      extraKeys: { Tab: false, "Shift-Tab": false },
      requestConfig: {
        endpoint: new URL(form.dataset.endpoint, form.action).href,
        method: "POST",
        queryArgument: "query",
        acceptHeaderSelect: "application/sparql-results+json",
        acceptHeaderGraph: "text/turtle",
      },
    });
    const named = new MutationObserver(() => {
      for (const list of editor.rootEl.querySelectorAll(".CodeMirror-hints")) list.setAttribute("aria-label", "Completions");
    });
    named.observe(editor.rootEl, { childList: true });
    const input = editor.getInputField();
    input.setAttribute("aria-label", "SPARQL query");
    input.setAttribute("aria-describedby", "sparql-keys");
    return editor;
  };

  // The result ------------------------------------------------------------------------------------------------------------------

  /** The page of an IRI of the graph on this site, or null for any other IRI. */
  const local = (iri, base) => {
    const path = iri.startsWith(base) ? iri.slice(base.length) : "";
    return /^(id\/|ontology(#|$))/.test(path) ? new URL(path, new URL(form.dataset.root, form.action)).href : null;
  };

  const tidy = (root, base) => {
    for (const anchor of root.querySelectorAll("a.iri:not([data-tidy])")) {
      const here = local(anchor.getAttribute("href"), base);
      anchor.dataset.tidy = here ? "here" : "elsewhere";
      anchor.removeAttribute("target");
      anchor.rel = "noopener noreferrer";
      if (here) anchor.href = here;
    }
    for (const [selector, label] of [
      ["select.tableSizer", "Rows per page"],
      [".yasr_results .CodeMirror textarea", "Answer in its original format"],
    ]) {
      for (const found of root.querySelectorAll(selector)) found.setAttribute("aria-label", label);
    }
    for (const scrolled of root.querySelectorAll(".yasr_results, .CodeMirror-scroll")) scrolled.tabIndex = 0;
    for (const found of root.querySelectorAll(".yasr_external_ref_btn")) found.remove();
    for (const found of root.querySelectorAll(".yasr_btn.disabled")) found.setAttribute("aria-disabled", "true");
  };

  /** The error message of the server: its text, or the detail of its JSON (RFC 9457). */
  const said = (error) => {
    try {
      return JSON.parse(error.text).detail;
    } catch {
      return error.text || "The server did not answer. Check that it is running.";
    }
  };

  const makeResult = (settings) => {
    const { Yasr } = Yasgui;
    Yasr.plugins.table.defaults.openIriInNewWindow = false;
    const parent = place("sparql-result");
    const result = new Yasr(parent, {
      persistenceId: null,
      prefixes: settings.prefixes,
      // show full plain values, because cells that expand need a mouse; datatypes can be switched on
      plugins: { table: { enabled: true, dynamicConfig: { compact: true, isEllipsed: false } } },
      errorRenderers: [async (error) => element("pre", { className: "sparql-error", textContent: said(error) })],
    });
    const watch = new MutationObserver(() => tidy(parent, settings.base));
    watch.observe(parent, { childList: true, subtree: true });
    tidy(parent, settings.base);
    parent.hidden = true;
    return result;
  };

  // Running ---------------------------------------------------------------------------------------------------------------------

  const connect = (editor, result) => {
    const parent = place("sparql-result");
    let marked = null;
    const unmark = () => {
      if (marked !== null) editor.removeLineClass(marked, "background", "sparql-wrong");
      marked = null;
    };

    const markError = (message) => {
      const found = /\bat (\d+):(\d+)|line (\d+),? column (\d+)/.exec(message);
      if (!found) return;
      const line = Number(found[1] || found[3]) - 1;
      const column = Number(found[2] || found[4]) - 1;
      marked = editor.addLineClass(line, "background", "sparql-wrong");
      editor.getDoc().setCursor({ line, ch: column });
    };

    const run = async () => {
      unmark();
      status("Running …");
      const here = link(editor.getValue());
      history.replaceState(null, "", here.length < LONGEST_LINK ? here : form.action);
      place("sparql-server-result")?.remove();
      form.classList.add("is-running");
      await editor.query().catch(() => {});
      form.classList.remove("is-running");
    };

    editor.on("queryResponse", (_editor, response, duration) => {
      if (response.name === "AbortError") return; // a newer query replaced it
      parent.hidden = false;
      result.setResponse(response, duration);
      const rows = result.results?.getBindings()?.length;
      const seconds = `${(duration / 1000).toFixed(1)} s`;
      if (response instanceof Error) {
        status("Error: see the message below.");
        markError(said({ text: response.message }));
        parent.scrollIntoView({ block: "nearest" });
      } else {
        const what = ["CONSTRUCT", "DESCRIBE"].includes(editor.getQueryType()) ? "triple" : "row";
        status(rows === undefined ? `Answer in ${seconds}` : `${rows} ${what}${rows === 1 ? "" : "s"} in ${seconds}`);
      }
    });
    editor.on("change", () => {
      unmark();
      place("sparql-link").parentElement.hidden = true; // the link was for another query
    });

    form.addEventListener("submit", (event) => {
      declare(editor, editor.graphPrefixes);
      text.value = editor.getValue();
      if (form.elements.format.value !== "table") return; // the server answers in other formats, as without this script
      event.preventDefault();
      run();
    });
    for (const keys of ["Ctrl-Enter", "Cmd-Enter"]) editor.options.extraKeys[keys] = () => form.requestSubmit();
    return run;
  };

  // Links and examples ----------------------------------------------------------------------------------------------------------

  const share = (current) => {
    const button = place("sparql-share");
    const field = place("sparql-link");
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.value = link(current());
      if (field.value.length >= LONGEST_LINK) {
        status("This query is too long for a link.");
        return;
      }
      field.parentElement.hidden = false;
      field.focus();
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        status("Link copied.");
      } catch {
        status("Copy the link from the text field.");
      }
    });
  };

  const examples = (settings, put) => {
    const list = place("sparql-examples");
    for (const anchor of list.querySelectorAll("a[data-example]")) {
      anchor.addEventListener("click", (event) => {
        event.preventDefault();
        put(settings.examples[anchor.dataset.example]);
        status(`Example ${anchor.dataset.example} is in the editor.`);
      });
    }
    const filter = element("input", { type: "search", id: "sparql-filter", autocomplete: "off" });
    const label = element("label", { className: "sparql-filter" }, "Find an example", filter);
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const item of list.querySelectorAll("li.example")) {
        item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
      }
    });
    list.querySelector("ul").before(label);
  };

  // ------------------------------------------------------------------------------------------------------------------------------

  const start = async () => {
    const settings = await (await fetch(form.dataset.settings)).json();
    const plain = typeof Yasgui === "undefined";
    if (plain) {
      share(() => text.value);
      examples(settings, (sparql) => {
        text.value = sparql;
        text.focus();
      });
      return;
    }
    const editor = makeEditor(settings);
    editor.graphPrefixes = settings.prefixes;
    const result = makeResult(settings);
    const run = connect(editor, result);
    document.documentElement.classList.add("has-editor");
    editor.refresh();
    share(() => editor.getValue());
    examples(settings, (sparql) => {
      editor.setValue(sparql);
      editor.focus();
    });
    form.dataset.ready = "yes";
    // run the query of a link, unless the page already contains the answer
    if (new URLSearchParams(location.search).get("query")?.trim() && !place("sparql-server-result")) run();
  };

  start().catch((error) => {
    status("The editor could not be loaded. You can use the plain form.");
    console.error(error);
  });
})();
