"""One decision after the other on SQLite, each with its own commit; prints how many a second."""
import os, sqlite3, sys, time, uuid

path, count = sys.argv[1], int(sys.argv[2])
db = sqlite3.connect(path, isolation_level=None, cached_statements=200)
for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
    db.execute(f"PRAGMA {pragma}")
cases = db.execute("SELECT id, batch_id, sponsor_id FROM applications WHERE state = 'in_review' LIMIT ?", (count,)).fetchall()
now, ab, cd, contents = "2026-01-01T00:00:00.000000Z", b"\xab" * 32, b"\xcd" * 32, b"\xab" * 900
began = time.perf_counter()
for number, (case, batch, sponsor) in enumerate(cases):
    seq = 100 + number
    db.execute("BEGIN IMMEDIATE")
    db.execute("SELECT * FROM applications WHERE id = ?", (case,)).fetchall()
    db.execute("SELECT from_stage, actor_id FROM events WHERE application_id = ? AND action = 'endorse' ORDER BY seq", (case,)).fetchall()
    db.execute("SELECT * FROM findings WHERE application_id = ? ORDER BY raised_at, id", (case,)).fetchall()
    db.execute("SELECT * FROM evidence WHERE application_id = ? AND removed_at IS NULL ORDER BY uploaded_at, id", (case,)).fetchall()
    db.execute("SELECT * FROM batches WHERE id = ?", (batch,)).fetchall()
    db.execute("SELECT * FROM batch_limits WHERE batch_id = ?", (batch,)).fetchall()
    db.execute("SELECT roles, name, email, language FROM accounts WHERE organisation_id = ? ORDER BY email_key LIMIT 20", (sponsor,)).fetchall()
    db.execute("INSERT INTO events (application_id, seq, at, actor_kind, action, from_state, to_state, from_stage, facts, previous_hash, hash) VALUES (?, ?, ?, 'client', 'endorse', 'in_review', 'approved', 'decision', '{\"authorization\":\"CNKZ-K498-SM2E-DGSM\"}', ?, ?)", (case, seq, now, ab, cd))
    db.execute("UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', version = version + 1, event_seq = ?, event_hash = ?, updated_at = ?, due_at = ?, decided_at = ? WHERE id = ?", (seq, cd, now, now, now, case))
    db.execute("INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at) VALUES (?, ?, 'valid', '2026-01-01', '2026-01-01', ?)", (str(uuid.uuid4()), case, now))
    db.execute("INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed, contents_sealed, state, attempts, next_attempt_at, created_at) VALUES (?, ?, ?, 'approved', 'en', ?, ?, 'pending', 0, ?, ?)", (os.urandom(16), case, seq, ab, contents, now, now))
    db.execute("INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor) VALUES (?, ?, ?, ?, 'take', 0, 1, 'CN-KZ', 'technical', 'steppe')", (case, seq, batch, now))
    db.execute("UPDATE batch_limits SET taken = taken + 1 WHERE batch_id = ? AND dimension = 'direction' AND key = 'CN-KZ' AND held + taken + 1 <= capacity", (batch,))
    db.execute("UPDATE batches SET taken = taken + 1 WHERE id = ? AND held + taken + 1 <= capacity", (batch,))
    db.execute("COMMIT")
print(len(cases) / (time.perf_counter() - began))
