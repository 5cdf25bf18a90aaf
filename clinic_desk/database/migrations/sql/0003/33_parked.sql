-- What is parked is looked for at every desk: a handful of rows.
CREATE INDEX appointment_parked_idx ON appointment (id) WHERE status = 'waitlist';
