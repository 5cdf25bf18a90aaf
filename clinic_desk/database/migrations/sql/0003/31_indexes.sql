CREATE INDEX date_override_practitioner_id_idx ON date_override (practitioner_id, day);
CREATE INDEX appointment_series_idx ON appointment (series_id, series_day) WHERE series_id IS NOT NULL;
CREATE INDEX appointment_squeezed_device_idx ON appointment (device_no, starts_at) WHERE squeezed_in AND occupies;
