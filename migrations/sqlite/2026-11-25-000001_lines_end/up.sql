-- Who waits in a batch that ends is due from then on, so that nobody has to look through all batches that ever ended.

UPDATE applications SET due_at = updated_at
WHERE state = 'waitlisted' AND batch_id IN (SELECT id FROM batches WHERE state = 'ended');
