#include "splitter/generate/artifact.h"

#include <string.h>

#include "splitter/generate/call_source.h"
#include "splitter/generate/http_source.h"
#include "splitter/generate/program_source.h"
#include "splitter/generate/replay_source.h"
#include "splitter/generate/state_source.h"

/* The step's guarded C routine; written once per binary. Returns its symbol, which the glue owns.
 */
static const char *write_step(struct glue *glue, const struct start_step *step)
{
  g_autofree char *key = g_strdup_printf("%s|%s|%s", step->source, step->run ? step->run : "",
                                         step->decide ? step->decide : "");
  const char *known = g_tree_lookup(glue->steps, key);
  if (known) {
    return known;
  }
  struct glue_file *file = glue_file(glue, step->source);
  g_autofree char *base = c_identifier(*step->callee ? step->callee : "step");
  char *symbol = g_strdup_printf("cleave_start_%d_%s", g_tree_nnodes(glue->steps) + 1, base);
  g_tree_insert(glue->steps, g_steal_pointer(&key), symbol);
  c_writer_comment(&file->code, "%s", step->reason);
  c_writer_line(&file->code, "int %s(struct cleave_error *cleave_told);", symbol);
  c_writer_open(&file->code, "int %s(struct cleave_error *cleave_told)", symbol);
  if (step->decide) {
    g_autofree char *message =
        g_strdup_printf("function.yaml: start: '%s' is undecided: %s", step->decide, step->reason);
    g_autofree char *literal = c_literal(message);
    c_writer_line(&file->code, "_Static_assert(0, %s);", literal);
    c_writer_line(&file->code, "CLEAVE_USE(cleave_told);");
    c_writer_line(&file->code, "return 0;");
  } else {
    glue_declare(glue, file, step->run);
    c_writer_line(&file->code, "static int cleave_is_done;");
    c_writer_line(&file->code, "CLEAVE_USE(cleave_told);");
    c_writer_open(&file->code, "if (!cleave_is_done)");
    c_writer_line(&file->code, "cleave_is_done = 1;");
    if (step->fails) {
      g_autofree char *message = g_strdup_printf("%s failed", step->run);
      g_autofree char *literal = c_literal(message);
      c_writer_line(&file->code, "__typeof__(%s) cleave_result = %s;", step->run, step->run);
      c_writer_line(&file->code, "__typeof__(cleave_result) result = cleave_result;");
      c_writer_open(&file->code, "if (%s)", step->fails);
      c_writer_line(
          &file->code,
          "return cleave_error_set(cleave_told, 500, \"Function.StartFailed\", \"%%s\", %s);",
          literal);
      c_writer_close(&file->code, "");
    } else {
      c_writer_line(&file->code, "(void)(%s);", step->run);
    }
    c_writer_close(&file->code, "");
    c_writer_line(&file->code, "return 0;");
  }
  c_writer_close(&file->code, "");
  c_writer_line(&file->code, "%s", "");
  return symbol;
}

static void write_start(struct glue *glue, struct c_writer *code, const struct function_spec *spec)
{
  g_autoptr(GPtrArray) symbols = g_ptr_array_new();
  for (guint i = 0; i < spec->start->len; i++) {
    g_ptr_array_add(symbols, (gpointer)write_step(glue, spec->start->pdata[i]));
  }
  for (guint i = 0; i < symbols->len; i++) {
    c_writer_line(code, "int %s(struct cleave_error *error);", (const char *)symbols->pdata[i]);
  }
  c_writer_comment(code, "What runs once before the first event of %s.", spec->name);
  c_writer_open(code, "static int start_%s(struct cleave_error *error)", spec->symbol);
  c_writer_line(code, "(void)error;");
  for (guint i = 0; i < symbols->len; i++) {
    c_writer_open(code, "if (%s(error) != 0)", (const char *)symbols->pdata[i]);
    c_writer_line(code, "return -1;");
    c_writer_close(code, "");
  }
  c_writer_line(code, "return 0;");
  c_writer_close(code, "");
  c_writer_line(code, "%s", "");
}

static const char *trigger_constant(const char *trigger)
{
  static const char *const names[][2] = {{"http", "CLEAVE_HTTP"},
                                         {"schedule", "CLEAVE_SCHEDULE"},
                                         {"queue", "CLEAVE_QUEUE"},
                                         {"stream", "CLEAVE_STREAM"},
                                         {"object", "CLEAVE_OBJECT"}};
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(names[i][0], trigger) == 0) {
      return names[i][1];
    }
  }
  return "CLEAVE_DIRECT";
}

static bool is_consumer(const struct function_spec *spec)
{
  return strcmp(spec->adapter, "consumer") == 0;
}

/* The variables that the function reads, for platforms that hand them over in their own way. */
static void write_environment(struct c_writer *code, const struct function_spec *spec)
{
  if (spec->environment->len == 0) {
    return;
  }
  c_writer_line(code, "static const char *const environment_%s[] = {", spec->symbol);
  for (guint i = 0; i < spec->environment->len; i++) {
    g_autofree char *name = c_literal(spec->environment->pdata[i]);
    c_writer_line(code, "  %s,", name);
  }
  c_writer_line(code, "  NULL};");
  c_writer_line(code, "%s", "");
}

static void write_descriptor(struct c_writer *code, const struct function_spec *spec)
{
  g_autofree char *name = c_literal(spec->name);
  g_autofree char *routine = c_literal(spec->routine->name);
  /* A schedule's key is a time, which the event does not carry. */
  bool has_key = strcmp(spec->trigger, "schedule") != 0 && strcmp(spec->trigger, "direct") != 0;
  g_autofree char *key = c_literal(has_key ? spec->key : "");
  c_writer_open(code, "  ");
  c_writer_line(code, ".name = %s,", name);
  c_writer_line(code, ".routine = %s,", routine);
  c_writer_line(code, ".trigger = %s,", trigger_constant(spec->trigger));
  c_writer_line(code, ".key = %s,", key);
  c_writer_line(code, ".flags = %s,",
                spec->is_process_per_event ? "CLEAVE_PROCESS_PER_EVENT" : "0");
  c_writer_line(code, ".timeout_ms = %" G_GINT64_FORMAT ",", spec->timeout_s * 1000);
  c_writer_line(code, ".init = start_%s,", spec->symbol);
  const char *through = function_spec_has_store(spec) ? "stateful"
                        : is_consumer(spec)           ? "consume"
                                                      : "call";
  c_writer_line(code, ".%s = cleave_%s_%s,", is_consumer(spec) ? "consume" : "invoke", through,
                spec->symbol);
  if (spec->environment->len > 0) {
    c_writer_line(code, ".environment = environment_%s,", spec->symbol);
  }
  c_writer_close(code, ",");
}

static void write_entry_points(struct c_writer *code, const struct function_spec *spec)
{
  if (is_consumer(spec)) {
    c_writer_line(code, "int cleave_consume_%s(const struct cleave_message *message,",
                  spec->symbol);
    c_writer_line(code, "    struct cleave_error *error);");
  } else {
    c_writer_line(code, "int cleave_call_%s(const struct cleave_event *event,", spec->symbol);
    c_writer_line(code, "    struct cleave_reply *reply, struct cleave_error *error);");
  }
}

static void write_function(struct artifact *artifact, struct c_writer *code,
                           const struct function_spec *spec)
{
  write_start(artifact->glue, code, spec);
  write_environment(code, spec);
  write_entry_points(code, spec);
  c_writer_line(code, "%s", "");
  if (strcmp(spec->adapter, "http") == 0) {
    http_source_write(artifact->glue, glue_file(artifact->glue, spec->routine->file), spec);
  } else if (spec->contract) {
    call_source_write(artifact->glue, glue_file(artifact->glue, spec->routine->file), spec);
  } else {
    program_source_write(artifact->glue, spec);
  }
  if (function_spec_has_store(spec)) {
    state_source_write(artifact->glue, code, spec);
  }
}

/* The program beside the binary that calls the same routines without JSON. */
static void write_replay(struct artifact *artifact)
{
  struct glue *glue = artifact->replay_glue;
  for (guint i = 0; i < artifact->specs->len; i++) {
    if (replay_source_can(artifact->specs->pdata[i])) {
      g_ptr_array_add(artifact->replayed, artifact->specs->pdata[i]);
    }
  }
  if (artifact->replayed->len == 0) {
    return;
  }
  struct c_writer code;
  c_writer_init(&code);
  c_writer_comment(
      &code, "The original routines of %s, called with drawn values by cleave replay --typed.",
      artifact->name);
  c_writer_line(&code, "#include \"cleave_replay.h\"");
  c_writer_line(&code, "%s", "");
  for (guint i = 0; i < artifact->replayed->len; i++) {
    const struct function_spec *spec = artifact->replayed->pdata[i];
    write_start(glue, &code, spec);
    replay_source_write(glue, glue_file(glue, spec->routine->file), spec);
  }
  replay_source_main(&code, artifact->replayed);
  artifact->replay_source = g_string_free(g_steal_pointer(&code.text), FALSE);
}

struct artifact *artifact_new(const struct inventory *inventory, const char *name, GPtrArray *specs)
{
  struct artifact *artifact = g_new0(struct artifact, 1);
  const struct function_spec *first = specs->pdata[0];
  artifact->name = g_strdup(name);
  artifact->program = first->program;
  artifact->specs = g_ptr_array_ref(specs);
  artifact->glue = glue_new(inventory, artifact->program);
  artifact->replay_glue = glue_new(inventory, artifact->program);
  artifact->replayed = g_ptr_array_new();
  struct c_writer code;
  c_writer_init(&code);
  c_writer_comment(&code, "The descriptors of %s, and the way into the runtime.", name);
  c_writer_line(&code, "#include \"cleave_runtime.h\"");
  for (guint i = 0; i < specs->len; i++) {
    if (function_spec_has_store(specs->pdata[i])) {
      c_writer_line(&code, "#include \"cleave_state.h\"");
      break;
    }
  }
  c_writer_line(&code, "%s", "");
  for (guint i = 0; i < specs->len; i++) {
    write_function(artifact, &code, specs->pdata[i]);
  }
  c_writer_line(&code, "static const struct cleave_function functions[] = {");
  for (guint i = 0; i < specs->len; i++) {
    code.depth = 1;
    write_descriptor(&code, specs->pdata[i]);
  }
  code.depth = 0;
  c_writer_line(&code, "};");
  c_writer_line(&code, "%s", "");
  c_writer_line(&code, "#ifdef CLEAVE_FUZZ");
  c_writer_line(&code, "#include \"cleave_fuzz.h\"");
  c_writer_line(&code, "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);");
  c_writer_line(&code, "int LLVMFuzzerRunDriver(int *n, char ***arguments,");
  c_writer_line(&code, "    int (*target)(const uint8_t *data, size_t size));");
  c_writer_line(&code, "int __wrap_main(int n, char **arguments);");
  c_writer_open(&code, "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)");
  c_writer_line(&code, "return cleave_fuzz_function(functions, sizeof functions / sizeof "
                       "*functions, data, size);");
  c_writer_close(&code, "");
  c_writer_open(&code, "int __wrap_main(int n, char **arguments)");
  c_writer_line(&code, "return LLVMFuzzerRunDriver(&n, &arguments, LLVMFuzzerTestOneInput);");
  c_writer_close(&code, "");
  c_writer_line(&code, "#else");
  c_writer_comment(&code,
                   "The linker puts this in the place of the monolith's main (--wrap=main).");
  c_writer_line(&code, "int __wrap_main(void);");
  c_writer_open(&code, "int __wrap_main(void)");
  c_writer_line(&code, "return cleave_runtime_main(functions, sizeof functions / sizeof "
                       "*functions);");
  c_writer_close(&code, "");
  c_writer_line(&code, "#endif");
  artifact->main_source = g_string_free(g_steal_pointer(&code.text), FALSE);
  write_replay(artifact);
  return artifact;
}

void artifact_free(struct artifact *artifact)
{
  if (!artifact) {
    return;
  }
  g_free(artifact->name);
  g_ptr_array_unref(artifact->specs);
  glue_free(artifact->glue);
  glue_free(artifact->replay_glue);
  g_ptr_array_unref(artifact->replayed);
  g_free(artifact->replay_source);
  g_free(artifact->main_source);
  g_free(artifact);
}
