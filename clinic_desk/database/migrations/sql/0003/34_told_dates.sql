-- A message about several dates of a series: {appointment: what is told of it, as the key's end has it}; else NULL.
ALTER TABLE notification ADD dates jsonb;
