\set n random(1, COUNT)
SELECT id FROM bench_cases WHERE n = :n \gset
\set seq random(100, 2000000000)
BEGIN;
SELECT * FROM applications WHERE id = :id FOR UPDATE;
SELECT from_stage, actor_id FROM events WHERE application_id = :id AND action = 'endorse' ORDER BY seq;
SELECT * FROM findings WHERE application_id = :id ORDER BY raised_at, id;
SELECT * FROM evidence WHERE application_id = :id AND removed_at IS NULL ORDER BY uploaded_at, id;
SELECT * FROM batches WHERE id = BATCH;
SELECT * FROM batch_limits WHERE batch_id = BATCH;
SELECT roles, name, email, language FROM accounts WHERE organisation_id = (SELECT sponsor_id FROM applications WHERE id = :id) ORDER BY email_key LIMIT 20;
INSERT INTO events (application_id, seq, at, actor_kind, action, from_state, to_state, from_stage, facts, previous_hash, hash) VALUES (:id, :seq, now(), 'client', 'endorse', 'in_review', 'approved', 'decision', '{"authorization":"CNKZ-K498-SM2E-DGSM"}', decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 32), 'hex'));
UPDATE applications SET state = 'approved', stage = NULL, place = 'taken', version = version + 1, event_seq = :seq, event_hash = decode(repeat('cd', 32), 'hex'), updated_at = now(), due_at = now(), decided_at = now() WHERE id = :id;
INSERT INTO authorizations (number, application_id, state, valid_from, valid_until, issued_at) VALUES (gen_random_uuid()::text, :id, 'valid', current_date, current_date, now());
INSERT INTO notifications (id, application_id, event_seq, message, language, recipient_sealed, contents_sealed, state, attempts, next_attempt_at, created_at) VALUES (gen_random_uuid(), :id, :seq, 'approved', 'en', decode(repeat('ab', 60), 'hex'), decode(repeat('ab', 900), 'hex'), 'pending', 0, now(), now());
INSERT INTO quota_entries (application_id, event_seq, batch_id, at, movement, held_delta, taken_delta, direction, category, sponsor) VALUES (:id, :seq, BATCH, now(), 'take', 0, 1, 'CN-KZ', 'technical', 'steppe');
UPDATE batch_limits SET taken = taken + 1 WHERE batch_id = BATCH AND dimension = 'direction' AND key = 'CN-KZ' AND held + taken + 1 <= capacity;
UPDATE batches SET taken = taken + 1 WHERE id = BATCH AND version = 2 AND held + taken + 1 <= capacity;
COMMIT;
