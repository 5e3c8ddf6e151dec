#include "reports/page.h"

#include <string.h>

#include "reports/assets.h"
#include "reports/page_data.h"
#include "reports/page_parts.h"

static const struct {
  const char *id;
  const char *name;
} sections[] = {
    {"overview", "Overview"}, {"map", "Map"},   {"matrix", "Matrix"},       {"state", "State"},
    {"evidence", "Evidence"}, {"cost", "Cost"}, {"migration", "Migration"},
};

static void write_head(struct html *html, const char *title)
{
  g_autofree char *d3 = html_hash(asset_d3);
  g_autofree char *script = html_hash(asset_script);
  g_autofree char *style = html_hash(asset_style);
  g_autofree char *policy =
      g_strdup_printf("default-src 'none'; script-src '%s' '%s'; style-src '%s'; base-uri 'none'; "
                      "form-action 'none'",
                      d3, script, style);
  g_autofree char *full = g_strconcat("Cleave: ", title, NULL);
  html_open(html, "head", NULL);
  html_void(html, "meta", "charset", "utf-8", NULL);
  html_void(html, "meta", "http-equiv", "Content-Security-Policy", "content", policy, NULL);
  html_void(html, "meta", "name", "viewport", "content", "width=device-width, initial-scale=1",
            NULL);
  html_void(html, "meta", "name", "referrer", "content", "no-referrer", NULL);
  html_leaf(html, "title", full, NULL);
  html_open(html, "style", NULL);
  html_code(html, asset_style);
  html_close(html);
  html_close(html);
}

static void write_top(struct html *html, const char *title)
{
  html_open(html, "nav", "aria-label", "skip", NULL);
  html_leaf(html, "a", "skip to the report", "class", "skip", "href", "#/overview", NULL);
  html_close(html);
  html_open(html, "header", "class", "top", NULL);
  html_open(html, "div", "class", "bar-top", NULL);
  html_open(html, "h1", "class", "title", NULL);
  html_leaf(html, "span", "Cleave", "class", "brand", NULL);
  html_text(html, " ");
  html_leaf(html, "span", title, "class", "project", NULL);
  html_close(html);
  html_open(html, "nav", "class", "sections", "aria-label", "sections", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
    g_autofree char *link = g_strconcat("#/", sections[i].id, NULL);
    html_leaf(html, "a", sections[i].name, "href", link, NULL);
  }
  html_close(html);
  html_open(html, "div", "class", "search", "role", "search", NULL);
  html_void(html, "input", "id", "search", "type", "text", "role", "combobox", "aria-label",
            "search services, functions, routines, state and files", "placeholder",
            "find a name: /", "aria-expanded", "false", "aria-controls", "results",
            "aria-autocomplete", "list", "autocomplete", "off", "spellcheck", "false", NULL);
  html_leaf(html, "ul", "", "id", "results", "class", "results", "role", "listbox", "aria-label",
            "found names", "hidden", NULL, NULL);
  html_close(html);
  html_leaf(html, "button", "dark", "id", "theme", "class", "theme", "type", "button", NULL);
  html_close(html);
  html_close(html);
}

void page_open_section(struct html *html, const char *id, const char *heading, const char *about)
{
  g_autofree char *heading_id = g_strconcat(id, "-heading", NULL);
  html_open(html, "section", "id", id, "aria-labelledby", heading_id, NULL);
  html_leaf(html, "h2", heading, "id", heading_id, NULL);
  if (about) {
    html_leaf(html, "p", about, "class", "lead", NULL);
  }
}

static void write_button(struct html *html, const char *id, const char *text, const char *pressed)
{
  if (pressed) {
    html_leaf(html, "button", text, "id", id, "type", "button", "aria-pressed", pressed, NULL);
  } else {
    html_leaf(html, "button", text, "id", id, "type", "button", NULL);
  }
}

static void write_slot(struct html *html, const char *id)
{
  html_leaf(html, "div", "", "id", id, NULL);
}

struct entry {
  const char *kind; /* class of the swatch */
  const char *text;
};

static void write_legend(struct html *html, const struct entry *entries, size_t n)
{
  html_open(html, "ul", "class", "key", "aria-label", "legend", NULL);
  for (size_t i = 0; i < n; i++) {
    g_autofree char *class = g_strconcat("swatch ", entries[i].kind, NULL);
    html_open(html, "li", NULL);
    html_leaf(html, "span", "", "class", class, NULL);
    html_text(html, entries[i].text);
    html_close(html);
  }
  html_close(html);
}

static void write_map(struct html *html)
{
  static const struct entry legend[] = {
      {"box service", "service"},         {"box file", "file or routine"},
      {"box entry", "function or entry"}, {"box state", "state"},
      {"box ghost", "another service"},   {"arrow inside", "call inside a service"},
      {"arrow call", "crosses services"}, {"arrow write", "crosses, with writes of foreign state"},
  };
  page_open_section(
      html, "map", "Service map",
      "Open a box to see what is in it: services, then functions and files, then routines. Open an "
      "arrow between services to see what crosses. Width and number of an arrow: call and access "
      "sites. Drag to move; Ctrl with the wheel zooms.");
  html_open(html, "div", "class", "tools", NULL);
  html_open(html, "nav", "aria-label", "level of the map", "class", "grow", NULL);
  html_leaf(html, "ol", "", "id", "map-crumbs", "class", "crumbs", NULL);
  html_close(html);
  html_open(html, "label", "id", "map-weight-label", "for", "map-weight", "class", "slim", NULL);
  html_text(html, "arrows ");
  html_leaf(html, "output", "", "id", "map-weight-out", "for", "map-weight", NULL);
  html_void(html, "input", "id", "map-weight", "type", "range", "min", "0", "max", "0", "step", "1",
            "value", "0", NULL);
  html_close(html);
  write_button(html, "map-shared", "show shared code", "false");
  write_button(html, "map-back", "up", NULL);
  write_button(html, "map-out", "−", NULL);
  write_button(html, "map-in", "+", NULL);
  write_button(html, "map-fit", "fit", NULL);
  html_close(html);
  html_leaf(html, "div", "", "id", "map-stage", "class", "stage", NULL);
  html_leaf(html, "p", "", "id", "map-note", "class", "soft", NULL);
  write_legend(html, legend, G_N_ELEMENTS(legend));
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "this level as a list", NULL);
  html_leaf(html, "ul", "", "id", "map-list", NULL);
  html_close(html);
  html_close(html);
}

static void write_matrix(struct html *html)
{
  static const struct entry legend[] = {
      {"inside", "inside a service"},
      {"call", "crosses services"},
      {"write", "crosses, with writes of foreign state"},
  };
  page_open_section(html, "matrix", "Dependency matrix",
                    "A row uses a column. Services stand in the order in which they would be taken "
                    "out, so that what remains is used from the left. Open a lit cell to see what "
                    "crosses there.");
  html_open(html, "div", "class", "tools", NULL);
  write_button(html, "matrix-service", "services", "true");
  write_button(html, "matrix-file", "files", "false");
  html_close(html);
  html_open(html, "div", "class", "columns matrix", NULL);
  html_open(html, "div", NULL);
  html_leaf(html, "div", "", "id", "matrix-stage", "class", "scroll", "tabindex", "0", "role",
            "region", "aria-label", "matrix", NULL);
  html_leaf(html, "p", "", "id", "matrix-note", "class", "soft", NULL);
  write_legend(html, legend, G_N_ELEMENTS(legend));
  html_close(html);
  write_slot(html, "matrix-table");
  html_close(html);
  html_close(html);
}

static void write_state(struct html *html)
{
  static const struct entry legend[] = {{"owner", "owns it"},
                                        {"call", "r: reads it from outside"},
                                        {"write", "w: writes it from outside"}};
  page_open_section(
      html, "state", "State ownership",
      "Every state has one owner. What another service reads or writes is a cut; what "
      "several write has to become a call to the owner.");
  html_open(html, "div", "id", "state-over", NULL);
  html_leaf(html, "h3", "Who reads and writes what, across which boundary", NULL);
  write_slot(html, "state-grid");
  write_legend(html, legend, G_N_ELEMENTS(legend));
  html_close(html);
  html_open(html, "div", "class", "tools", NULL);
  write_button(html, "state-crossing", "only what crosses", "true");
  write_button(html, "state-all", "all state", "false");
  html_close(html);
  write_slot(html, "state-table");
  html_close(html);
}

static void write_evidence(struct html *html)
{
  static const char *const names[] = {"services", "functions", "cuts", "routines", "files"};
  page_open_section(
      html, "evidence", "Evidence",
      "Choose a name, here or anywhere, to see its callers, its callees and the state "
      "it touches, each with file and line.");
  html_open(html, "div", "class", "tools", NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    g_autofree char *id = g_strconcat("evidence-", names[i], NULL);
    write_button(html, id, names[i], "false");
  }
  html_close(html);
  write_slot(html, "evidence-table");
  html_close(html);
}

/* What is known about one name, beside whatever led to it. */
static void write_panel(struct html *html)
{
  html_open(html, "aside", "id", "evidence-drawer", "class", "drawer", "aria-label",
            "about one name", "hidden", NULL, NULL);
  html_leaf(html, "button", "close", "id", "evidence-close", "class", "close", "type", "button",
            NULL);
  html_open(html, "div", "id", "evidence-panel", "tabindex", "-1", NULL);
  html_close(html);
  html_close(html);
}

static void write_slider(struct html *html, const char *id, const char *label, const char *min,
                         const char *max, const char *step, const char *value)
{
  g_autofree char *output = g_strconcat(id, "-out", NULL);
  html_open(html, "label", "for", id, NULL);
  html_text(html, label);
  html_text(html, ": ");
  html_leaf(html, "output", "", "id", output, "for", id, NULL);
  html_void(html, "input", "id", id, "type", "range", "min", min, "max", max, "step", step, "value",
            value, NULL);
  html_close(html);
}

static void write_choice(struct html *html, const char *id, const char *label)
{
  html_open(html, "label", "for", id, NULL);
  html_text(html, label);
  html_leaf(html, "select", "", "id", id, NULL);
  html_close(html);
}

static void write_total(struct html *html, const char *id, const char *what, const char *kind)
{
  g_autofree char *class = g_strconcat("swatch ", kind, NULL);
  html_open(html, "li", NULL);
  html_leaf(html, "span", "", "class", class, NULL);
  html_leaf(html, "span", "", "class", "number", "id", id, NULL);
  html_leaf(html, "span", what, "class", "what", NULL);
  html_close(html);
}

static void open_figure(struct html *html, const char *heading, const char *about)
{
  html_open(html, "div", "class", "block", NULL);
  html_leaf(html, "h3", heading, NULL);
  if (about) {
    html_leaf(html, "p", about, "class", "soft", NULL);
  }
}

static void write_calculator(struct html *html)
{
  html_open(html, "div", "id", "cost-calculator", "hidden", NULL, NULL);
  open_figure(html, "What if",
              "The same formulas and prices as 'cleave cost', for one function that takes all "
              "requests, against machines that are always on. Thirty days are 720 hours.");
  html_open(html, "div", "class", "sliders", NULL);
  write_choice(html, "cost-plan", "functions on ");
  write_slider(html, "cost-rate", "requests a day", "2", "8", "0.05", "6");
  write_slider(html, "cost-duration", "mean duration", "1", "3000", "1", "100");
  write_slider(html, "cost-memory", "memory", "128", "4096", "64", "512");
  write_choice(html, "cost-machine", "machines ");
  write_slider(html, "cost-instances", "machines", "1", "12", "1", "2");
  html_open(html, "label", "for", "cost-grant", "class", "check", NULL);
  html_void(html, "input", "id", "cost-grant", "type", "checkbox", "checked", NULL, NULL);
  html_text(html, " free grants of the account");
  html_close(html);
  html_close(html);
  html_open(html, "ul", "class", "totals", NULL);
  write_total(html, "cost-functions-total", "functions", "call");
  write_total(html, "cost-machines-total", "machines", "machine");
  html_close(html);
  html_leaf(html, "p", "", "id", "cost-verdict", "role", "status", NULL);
  html_open(html, "div", "class", "columns", NULL);
  html_open(html, "div", NULL);
  html_leaf(html, "h4", "Where it breaks even", NULL);
  write_slot(html, "cost-curve");
  html_close(html);
  html_open(html, "div", NULL);
  html_leaf(html, "h4", "What moves this bill: each slider at half and at double", NULL);
  write_slot(html, "cost-tornado");
  html_close(html);
  html_close(html);
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "lines of this calculation", NULL);
  write_slot(html, "cost-lines");
  html_close(html);
  html_close(html);
  html_close(html);
}

static void write_bill_figures(struct html *html)
{
  open_figure(html, "Three bills", NULL);
  html_leaf(html, "div", "", "id", "cost-clouds", "class", "columns three", NULL);
  html_close(html);
  html_open(html, "div", "class", "columns", NULL);
  open_figure(html, "Where the money goes", NULL);
  html_open(html, "div", "class", "tools", NULL);
  write_choice(html, "cost-stage", "bill of ");
  write_choice(html, "cost-cloud", "on ");
  html_close(html);
  write_slot(html, "cost-bars");
  html_close(html);
  html_open(html, "div", "class", "block", "id", "cost-ranges-block", "hidden", NULL, NULL);
  html_leaf(html, "h3", "What moves the bill of the functions", NULL);
  html_leaf(html, "p", "", "id", "cost-ranges-note", "class", "soft", NULL);
  write_slot(html, "cost-ranges");
  html_close(html);
  html_close(html);
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "all lines of the bills, with prices and their sources", NULL);
  write_slot(html, "cost-bills");
  html_close(html);
}

static void write_cost(struct html *html, const struct model *model)
{
  page_open_section(html, "cost", "Cost", NULL);
  if (model->bills->n == 0) {
    html_open(html, "p", "class", "soft", NULL);
    html_text(html, "There are no bills in this store: ");
    html_leaf(html, "code", "cleave cost --workload FILE", NULL);
    html_text(html, " makes them.");
    html_close(html);
  } else {
    write_bill_figures(html);
  }
  write_calculator(html);
  html_close(html);
}

static void write_foot(struct html *html, const struct page_options *options)
{
  html_open(html, "footer", NULL);
  g_autofree char *made =
      g_strconcat("Made by Cleave ", options->version,
                  ". This page is complete in itself and asks no network.", NULL);
  html_leaf(html, "p", made, NULL);
  html_open(html, "details", NULL);
  html_leaf(html, "summary", "licence of d3, which draws in this page", NULL);
  html_leaf(html, "pre", asset_d3_license, NULL);
  html_close(html);
  html_close(html);
}

static void write_body(struct html *html, const struct model *model,
                       const struct page_options *options, const char *data)
{
  html_open(html, "body", NULL);
  write_top(html, options->title);
  html_open(html, "main", "id", "main", NULL);
  page_overview(html, model, options->version);
  write_map(html);
  write_matrix(html);
  write_state(html);
  write_evidence(html);
  write_cost(html, model);
  page_migration(html, model);
  html_close(html);
  write_panel(html);
  write_foot(html, options);
  html_leaf(html, "div", "", "id", "live", "class", "live", "aria-live", "polite", NULL);
  html_leaf(html, "noscript", "The map, tables and calculator need scripts.", NULL);
  html_open(html, "script", "id", "data", "type", "application/json", NULL);
  html_code(html, data);
  html_close(html);
  html_open(html, "script", NULL);
  html_code(html, asset_d3);
  html_close(html);
  html_open(html, "script", NULL);
  html_code(html, asset_script);
  html_close(html);
  html_close(html);
}

char *page_make(const struct model *model, const struct page_options *options)
{
  g_autofree char *data = page_data(model, options);
  struct html *html = html_new();
  html_open(html, "html", "lang", "en", NULL);
  write_head(html, options->title);
  write_body(html, model, options, data);
  html_close(html);
  return html_finish(html);
}
