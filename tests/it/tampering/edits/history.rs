//! Edits of the history: events changed, removed and added.

use super::{Edit, Sql};

pub(super) fn edits(sql: &Sql<'_>) -> Vec<Edit> {
    let cast = sql.cast;
    let [decision, asked, approved, withdrawn] =
        [cast.decision, cast.asked, cast.approved, cast.withdrawn].map(|case| sql.id(case));
    let last = |id: &str| {
        format!("application_id = {id} AND seq = (SELECT event_seq FROM applications WHERE id = {id})")
    };
    let foreign = "(SELECT id FROM organisations WHERE code = 'cn-nhc')";
    let client = "(SELECT id FROM api_clients WHERE organisation_id = (SELECT id FROM organisations WHERE code = 'kz-mti') LIMIT 1)";
    let endorsement = format!("application_id = {decision} AND action = 'endorse' AND from_stage = 'health'");
    let year = sql.a_year_before("at");
    vec![
        sql.rows(
            "the state of a case is changed",
            format!("UPDATE applications SET state = 'refused' WHERE id = {decision}"),
        ),
        sql.rows(
            "the last event of a case is deleted",
            format!("DELETE FROM events WHERE {}", last(&decision)),
        ),
        sql.events(
            "the last event of a case is deleted, and its row is set back",
            cast.claimed,
            sql.truncate(cast.claimed)
                + &*format!("UPDATE applications SET assignee_id = NULL WHERE id = {};", sql.id(cast.claimed)),
        ),
        sql.events(
            "a withdrawal is undone: its event is deleted, and the row is set back",
            cast.withdrawn,
            sql.truncate(cast.withdrawn)
                + &*format!(
                    "UPDATE applications SET live_document_hash = document_hash, \
                     due_at = (SELECT due_at FROM applications a WHERE a.id = {}) WHERE id = {withdrawn};",
                    sql.id(cast.with_finding)
                ),
        ),
        sql.rows(
            "a case is deleted, and the counters stay",
            format!(
                "DELETE FROM notifications WHERE application_id = {approved}; DELETE FROM quota_entries WHERE application_id = {approved}; \
                 DELETE FROM events WHERE application_id = {approved}; DELETE FROM authorizations WHERE application_id = {approved}; \
                 DELETE FROM applications WHERE id = {approved}"
            ),
        ),
        sql.rows(
            "a case is deleted with everything, and the counters are adjusted",
            sql.delete_cases(&format!("id = {approved}")),
        ),
        sql.rows("all cases are deleted with everything", sql.delete_cases("true")),
        sql.events(
            "the actor of an endorsement is replaced by one of the same authority",
            cast.decision,
            format!(
                "UPDATE events SET actor_id = (SELECT c.id FROM api_clients c WHERE c.organisation_id = events.actor_organisation_id \
                 AND c.id <> events.actor_id) WHERE {endorsement}"
            ),
        ),
        sql.events(
            "the actor of an endorsement is replaced by one of another authority",
            cast.decision,
            format!("UPDATE events SET actor_id = {client}, actor_organisation_id = {foreign} WHERE {endorsement}"),
        ),
        sql.events(
            "the actor of an endorsement is replaced by nobody that there is",
            cast.decision,
            format!("UPDATE events SET actor_id = application_id WHERE {endorsement}"),
        ),
        sql.events(
            "all times of a case are moved back by a year",
            cast.decision,
            format!("UPDATE events SET at = {year} WHERE application_id = {decision}"),
        ),
        sql.events(
            "all times of a case, and those of its row, are moved back by a year",
            cast.decision,
            format!(
                "UPDATE events SET at = {year} WHERE application_id = {decision}; \
                 UPDATE applications SET submitted_at = {}, due_at = {} WHERE id = {decision}",
                sql.a_year_before("submitted_at"),
                sql.a_year_before("due_at")
            ),
        ),
        sql.events(
            "an event is dated in the future",
            cast.asked,
            format!("UPDATE events SET at = '2031-01-01T00:00:00.000000Z' WHERE {}", last(&asked)),
        ),
        sql.events(
            "an event is inserted after the last one: a note that nobody wrote",
            cast.decision,
            format!(
                "INSERT INTO events (application_id, seq, at, actor_kind, actor_id, actor_organisation_id, action, from_state, to_state, \
                 from_stage, to_stage, facts, previous_hash, hash) \
                 SELECT application_id, seq + 1, {now}, actor_kind, actor_id, actor_organisation_id, 'note', to_state, to_state, \
                 to_stage, to_stage, '{{}}', previous_hash, hash FROM events WHERE {}",
                last(&decision),
                now = sql.either("'2026-03-02T09:00:00.000000Z'", "'2026-03-02T09:00:00Z'::timestamptz")
            ),
        ),
        sql.rows(
            "the words of every event are erased",
            "UPDATE events SET words_sealed = NULL".to_owned(),
        ),
        sql.events(
            "the deadline that a question names is moved",
            cast.asked,
            format!(
                "UPDATE events SET facts = '{{\"respond_by\":\"2031-01-01T00:00:00Z\"}}' WHERE {}; \
                 UPDATE applications SET due_at = '2031-01-01T00:00:00.000000Z' WHERE id = {asked}",
                last(&asked)
            ),
        ),
        Edit {
            rechained_batches: vec![cast.batch],
            ..sql.rows(
                "the capacity of a batch is raised in its row and in its history",
                format!(
                    "UPDATE batches SET capacity = 5000 WHERE id = {batch}; \
                     UPDATE batch_events SET facts = replace(facts, '\"capacity\":1000', '\"capacity\":5000') WHERE batch_id = {batch}",
                    batch = sql.id(cast.batch)
                ),
            )
        },
    ]
}
