-- blank_history() as before (0005/70_history.sql), but by indexes: it read the whole history, once per merged record,
-- in the transaction of a desk. What was a patient's once and is another's now, or gone, is what this index finds.
CREATE INDEX history_given_away_idx ON history ((before ->> 'patient_id'))
    WHERE table_name IN ('appointment', 'wish') AND before ->> 'patient_id' IS DISTINCT FROM after ->> 'patient_id';

CREATE OR REPLACE FUNCTION blank_history(wanted uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    act CONSTANT uuid := gen_random_uuid();
    ids bigint[];
BEGIN
    WITH theirs AS MATERIALIZED (
        SELECT a.id FROM public.appointment AS a WHERE a.patient_id = wanted
        UNION
        SELECT w.id FROM public.wish AS w WHERE w.patient_id = wanted
        UNION
        SELECT h.row_id FROM public.history AS h WHERE h.table_name IN ('appointment', 'wish')
            AND h.before ->> 'patient_id' = wanted::text
            AND h.before ->> 'patient_id' IS DISTINCT FROM h.after ->> 'patient_id'
    )
    SELECT array_agg(hers.id) INTO ids FROM (
        SELECT h.id FROM public.history AS h WHERE h.table_name = 'patient' AND h.row_id = wanted
        UNION
        SELECT h.id FROM theirs JOIN public.history AS h ON h.row_id = theirs.id
            WHERE h.table_name IN ('appointment', 'wish')
            AND wanted::text IN (h.before ->> 'patient_id', h.after ->> 'patient_id')
        UNION
        SELECT n.id FROM public.history AS n WHERE n.table_name = 'contact_note'
            AND coalesce(n.after, n.before) ->> 'address' IN (
                SELECT lower(coalesce(h.after, h.before) ->> part)
                FROM public.history AS h, unnest(ARRAY['phone', 'email']) AS part
                WHERE h.table_name = 'patient' AND h.row_id = wanted)
            AND NOT EXISTS (SELECT FROM public.patient AS p WHERE p.id <> wanted
                AND coalesce(n.after, n.before) ->> 'address' IN (p.phone, lower(p.email)))
    ) AS hers JOIN public.history AS h ON h.id = hers.id WHERE h.blanked IS NULL;
    PERFORM set_config('clinic_desk.blanking', 'on', true);
    UPDATE public.history AS h SET
        blanked = sha256(convert_to(c.personal, 'UTF8')), salt = NULL, blank_id = act,
        before = h.before || m.mask, after = h.after || m.mask
    FROM public.history_content(ids) AS c CROSS JOIN LATERAL (SELECT CASE c.table_name
        WHEN 'patient' THEN '{"family_name": "", "given_name": "", "birth_date": null, "gender": "unknown",
            "phone": "", "email": "", "note": ""}'::jsonb
        WHEN 'contact_note' THEN '{"address": "", "reason": ""}'
        ELSE '{"note": ""}' END AS mask) AS m
    WHERE h.id = c.id;
    PERFORM set_config('clinic_desk.blanking', 'off', true);
    INSERT INTO public.history_blank (id, patient_id, row_count) VALUES (act, wanted, coalesce(cardinality(ids), 0));
    RETURN coalesce(cardinality(ids), 0);
END $$;
