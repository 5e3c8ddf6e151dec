/* The public views: names and columns are a contract with scripts outside (docs/views.md). */
#include "store/internal.h"

const char *const store_view_sql[] = {
    "CREATE VIEW v_file AS SELECT file, is_tu, status, n_errors FROM fact_file",

    "CREATE VIEW v_diagnostic AS SELECT file, line, \"column\", severity, message"
    " FROM fact_diagnostic",

    "CREATE VIEW v_program AS SELECT DISTINCT program, file, source FROM fact_program",

    "CREATE VIEW v_routine AS SELECT id, name, file, line, end_line, is_static, signature,"
    " is_defined, n_statements FROM fact_routine",

    "CREATE VIEW v_type AS SELECT id, name, kind, file, line, size FROM fact_type",

    "CREATE VIEW v_field AS SELECT type_id, field, position, type, is_pointer FROM fact_field",

    "CREATE VIEW v_param AS SELECT p.routine AS routine_id, r.name AS routine, p.position, p.name,"
    " p.type, p.use, p.annotation AS contract, p.reason"
    " FROM fact_param p JOIN fact_routine r ON r.id = p.routine",

    "CREATE VIEW v_call AS SELECT c.site, a.name AS caller, a.file AS caller_file,"
    " b.name AS callee, CASE WHEN b.is_defined THEN b.file ELSE '' END AS callee_file, c.kind,"
    " c.tier, c.file, c.line, c.\"column\", c.witness_file, c.witness_line"
    " FROM fact_call c JOIN fact_routine a ON a.id = c.caller"
    " JOIN fact_routine b ON b.id = c.callee",

    "CREATE VIEW v_unresolved AS SELECT s.id AS site, a.name AS caller, a.file AS caller_file,"
    " s.file, s.line, s.\"column\", s.expression"
    " FROM fact_site s JOIN fact_routine a ON a.id = s.caller"
    " WHERE NOT s.is_direct AND NOT EXISTS (SELECT 1 FROM fact_call c WHERE c.site = s.id)",

    "CREATE VIEW v_state AS SELECT id, name, field, file, line, storage, class FROM fact_state",

    "CREATE VIEW v_access AS SELECT r.name AS routine, r.file AS routine_file, s.id AS state_id,"
    " s.name AS state, s.field, a.mode, a.file, a.line"
    " FROM fact_access a JOIN fact_routine r ON r.id = a.routine"
    " JOIN fact_state s ON s.id = a.state",

    "CREATE VIEW v_effect AS SELECT r.name AS routine, r.file AS routine_file, e.effect, e.via,"
    " e.file, e.line FROM fact_effect e JOIN fact_routine r ON r.id = e.routine"
    " UNION ALL SELECT r.name, r.file, p.effect, p.via, p.file, p.line"
    " FROM fact_effect_path p JOIN fact_routine r ON r.id = p.routine",

    "CREATE VIEW v_entry AS SELECT e.id, r.name AS routine, r.file AS routine_file, e.trigger,"
    " e.key, e.rule, e.confidence, e.file, e.line"
    " FROM fact_entry e JOIN fact_routine r ON r.id = e.routine",

    "CREATE VIEW v_span AS SELECT r.name AS routine, r.file AS routine_file, p.kind,"
    " coalesce(CASE WHEN s.field = '' THEN s.name ELSE s.name || '.' || s.field END, '') AS state,"
    " p.file, p.line, p.end_line"
    " FROM fact_span p JOIN fact_routine r ON r.id = p.routine"
    " LEFT JOIN fact_state s ON s.id = p.state",

    "CREATE VIEW v_service AS SELECT v.id, v.name,"
    " (SELECT count(*) FROM plan_member m WHERE m.service = v.id AND m.kind = 'routine'"
    "  AND m.role = 'member') AS n_routines,"
    " (SELECT count(*) FROM plan_member m WHERE m.service = v.id AND m.kind = 'state'"
    "  AND m.role = 'owner') AS n_states,"
    " (SELECT count(*) FROM plan_function f WHERE f.service = v.id) AS n_functions, v.score"
    " FROM plan_service v",

    "CREATE VIEW v_member AS SELECT coalesce(v.name, '') AS service, m.kind,"
    " CASE WHEN m.kind = 'routine' THEN r.name"
    "  WHEN s.field = '' THEN s.name ELSE s.name || '.' || s.field END AS name,"
    " CASE WHEN m.kind = 'routine' THEN r.file ELSE s.file END AS file, m.role"
    " FROM plan_member m LEFT JOIN plan_service v ON v.id = m.service"
    " LEFT JOIN fact_routine r ON m.kind = 'routine' AND r.id = m.item"
    " LEFT JOIN fact_state s ON m.kind = 'state' AND s.id = m.item",

    "CREATE VIEW v_function AS SELECT f.id, f.name, v.name AS service, r.name AS entry, f.trigger,"
    " f.key,"
    " (SELECT count(*) FROM plan_closure c WHERE c.function = f.id AND c.kind = 'routine')"
    "  AS n_routines,"
    " (SELECT count(*) FROM plan_closure c WHERE c.function = f.id AND c.kind = 'state')"
    "  AS n_states, f.readiness, f.reason"
    " FROM plan_function f JOIN plan_service v ON v.id = f.service"
    " JOIN fact_routine r ON r.id = f.routine",

    "CREATE VIEW v_cut AS SELECT coalesce(a.name, '') AS from_service,"
    " coalesce(b.name, '') AS to_service, c.kind, c.mode,"
    " r.name AS routine, CASE WHEN c.kind = 'call' THEN q.name"
    "  WHEN s.field = '' THEN s.name ELSE s.name || '.' || s.field END AS callee_or_state,"
    " c.n_sites, c.price, c.marshal, c.reason, c.file, c.line"
    " FROM plan_cut c LEFT JOIN plan_service a ON a.id = c.from_service"
    " LEFT JOIN plan_service b ON b.id = c.to_service"
    " JOIN fact_routine r ON r.id = c.routine"
    " LEFT JOIN fact_routine q ON c.kind = 'call' AND q.id = c.item"
    " LEFT JOIN fact_state s ON c.kind = 'state' AND s.id = c.item",

    "CREATE VIEW v_step AS SELECT p.step, v.name AS service, p.own_cut, p.cut, p.n_functions,"
    " p.n_ready, p.n_blocked, p.reason FROM plan_step p JOIN plan_service v ON v.id = p.service",

    "CREATE VIEW v_unit AS SELECT f.unit, f.name AS function, v.name AS service, f.trigger,"
    " coalesce((SELECT r.text FROM plan_reason r WHERE r.kind = 'function' AND r.item = f.id"
    "  AND r.evidence = 'fusion' AND r.text LIKE 'one function with%' ORDER BY r.rank LIMIT 1), '')"
    "  AS reason"
    " FROM plan_function f JOIN plan_service v ON v.id = f.service",

    "CREATE VIEW v_setup AS SELECT v.name AS service, p.number, p.is_planned, p.is_on_front,"
    " p.n_functions, p.cost, p.latency, p.gap, p.text"
    " FROM plan_setup p JOIN plan_service v ON v.id = p.service",

    "CREATE VIEW v_decision AS SELECT file, line, \"column\", kind, text, n_matches, cut_price,"
    " n_cuts, n_foreign_writes, evidence, n_moved, effect FROM plan_decision",

    "CREATE VIEW v_invocation AS SELECT function, started, duration, is_cold, max_rss, status"
    " FROM result_invocation",

    /* Nearest rank: the smallest value that so large a part of all does not pass. */
    "CREATE VIEW v_measurement AS SELECT function, n_invocations, n_failed, n_cold,"
    " coalesce(duration_mean, 0.0) AS duration_mean, coalesce(duration_p50, 0.0) AS duration_p50,"
    " coalesce(duration_p90, 0.0) AS duration_p90, coalesce(duration_p99, 0.0) AS duration_p99,"
    " coalesce(init_p50, 0.0) AS init_p50, coalesce(init_p99, 0.0) AS init_p99, max_rss"
    " FROM (SELECT function, count(*) AS n_invocations, sum(status <> 'ok') AS n_failed,"
    "  sum(is_cold) AS n_cold, max(max_rss) AS max_rss FROM result_invocation GROUP BY function)"
    " LEFT JOIN (SELECT function, avg(value) AS duration_mean,"
    "  min(CASE WHEN place >= 0.5 * n THEN value END) AS duration_p50,"
    "  min(CASE WHEN place >= 0.9 * n THEN value END) AS duration_p90,"
    "  min(CASE WHEN place >= 0.99 * n THEN value END) AS duration_p99"
    "  FROM (SELECT function, duration AS value,"
    "   row_number() OVER (PARTITION BY function ORDER BY duration) AS place,"
    "   count(*) OVER (PARTITION BY function) AS n"
    "   FROM result_invocation WHERE status = 'ok') GROUP BY function) USING (function)"
    " LEFT JOIN (SELECT function,"
    "  min(CASE WHEN place >= 0.5 * n THEN value END) AS init_p50,"
    "  min(CASE WHEN place >= 0.99 * n THEN value END) AS init_p99"
    "  FROM (SELECT function, init AS value,"
    "   row_number() OVER (PARTITION BY function ORDER BY init) AS place,"
    "   count(*) OVER (PARTITION BY function) AS n"
    "   FROM result_invocation WHERE is_cold AND init > 0) GROUP BY function) USING (function)",

    "CREATE VIEW v_bill AS SELECT stage, cloud, name, billing_plan, item, quantity, unit,"
    " unit_price, amount FROM result_bill",

    "CREATE VIEW v_range AS SELECT cloud, billing_plan, name, input, low, likely, high"
    " FROM result_range",

    NULL,
};
