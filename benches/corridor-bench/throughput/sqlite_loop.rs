//! A loop of decisions on SQLite: prepared statements, `synchronous=FULL`, one commit per decision.

use std::{path::Path, time::Instant};

use corridor::clock::Clock;
use rusqlite::{Connection, MAIN_DB, Params, Result, params};

/// Copies a database page by page. `corridor backup` would compact the copy, so a decision would write a different
/// number of pages.
pub fn copy(database: &Path, to: &Path) -> Result<()> {
    Connection::open(database)?.backup(MAIN_DB, to, None)
}

/// Makes this many decisions. Returns the number per second.
pub fn decisions_per_second(database: &Path, decisions: usize) -> Result<f64> {
    let db = Connection::open(database)?;
    db.set_prepared_statement_cache_capacity(50);
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    let cases = db
        .prepare("SELECT id, batch_id, sponsor_id FROM applications WHERE state = 'in_review' LIMIT ?")?
        .query_map([decisions as i64], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>>>()?;
    let started = Instant::now();
    for (number, (case, batch, sponsor)) in cases.iter().enumerate() {
        decide(&db, number, case, batch, sponsor)?;
    }
    Ok(cases.len() as f64 / started.elapsed().as_secs_f64())
}

fn decide(db: &Connection, number: usize, case: &[u8], batch: &[u8], sponsor: &[u8]) -> Result<()> {
    // The real time, because it decides where a row is in the indexes.
    let now = format!("{:.6}", Clock::System.now());
    let seq = 100 + number as i64;
    let (recipient, contents) = ([0xab_u8; 60], [0xab_u8; 900]);
    write(db, "BEGIN IMMEDIATE", [])?;
    read(db, "SELECT * FROM applications WHERE id = ?", [case])?;
    read(
        db,
        "SELECT from_stage, actor_id FROM events WHERE application_id = ? AND action = 'endorse' ORDER BY seq",
        [case],
    )?;
    read(db, "SELECT * FROM findings WHERE application_id = ? ORDER BY raised_at, id", [case])?;
    read(
        db,
        "SELECT * FROM evidence WHERE application_id = ? AND removed_at IS NULL ORDER BY uploaded_at, id",
        [case],
    )?;
    read(db, "SELECT * FROM batches WHERE id = ?", [batch])?;
    read(db, "SELECT * FROM batch_limits WHERE batch_id = ?", [batch])?;
    read(
        db,
        "SELECT roles, name, email, language FROM accounts WHERE organisation_id = ? ORDER BY email_key LIMIT 20",
        [sponsor],
    )?;
    write(
        db,
        "INSERT INTO events (application_id, seq, at, actor_kind, action, from_state, to_state, from_stage, facts,
           previous_hash, hash)
         VALUES (?, ?, ?, 'client', 'endorse', 'in_review', 'approved', 'decision',
           '{\"authorization\":\"CNKZ-K498-SM2E-DGSM\"}', ?, ?)",
        params![case, seq, now, [0xab_u8; 32], [0xcd_u8; 32]],
    )?;
    write(
        db,
        "UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', version = version + 1,
           event_seq = ?, event_hash = ?, updated_at = ?, due_at = ?, decided_at = ? WHERE id = ?",
        params![seq, [0xcd_u8; 32], now, now, now, case],
    )?;
    write(
        db,
        "INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at)
         VALUES (lower(hex(randomblob(16))), ?, 'valid', '2026-01-01', '2026-01-01', ?)",
        params![case, now],
    )?;
    write(
        db,
        "INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed,
           contents_sealed, state, attempts, next_attempt_at, created_at)
         VALUES (randomblob(16), ?, ?, 'approved', 'en', ?, ?, 'pending', 0, ?, ?)",
        params![case, seq, recipient, contents, now, now],
    )?;
    write(
        db,
        "INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta,
           direction, category, sponsor)
         VALUES (?, ?, ?, ?, 'take', 0, 1, 'CN-KZ', 'technical', 'steppe')",
        params![case, seq, batch, now],
    )?;
    write(
        db,
        "UPDATE batch_limits SET taken = taken + 1
         WHERE batch_id = ? AND dimension = 'direction' AND key = 'CN-KZ' AND held + taken + 1 <= capacity",
        [batch],
    )?;
    write(db, "UPDATE batches SET taken = taken + 1 WHERE id = ? AND held + taken + 1 <= capacity", [batch])?;
    write(db, "COMMIT", [])
}

/// Reads all rows, value by value.
fn read(db: &Connection, sql: &str, params: impl Params) -> Result<()> {
    let mut statement = db.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            row.get_ref(column)?;
        }
    }
    Ok(())
}

fn write(db: &Connection, sql: &str, params: impl Params) -> Result<()> {
    db.prepare_cached(sql)?.execute(params)?;
    Ok(())
}
