-- Privacy: contents may be deleted while their rows stay; erased records are listed by id.
ALTER TABLE intake.callback
    ALTER COLUMN document DROP NOT NULL,
    ADD COLUMN bodies_removed_at timestamptz;
CREATE INDEX callback_kept ON intake.callback (received_at)
    WHERE filed_at IS NOT NULL AND problem IS NULL AND document IS NOT NULL;
CREATE INDEX callback_with_bodies ON intake.callback (received_at)
    WHERE filed_at IS NOT NULL AND problem IS NULL AND document IS NOT NULL AND bodies_removed_at IS NULL;
COMMENT ON COLUMN intake.callback.document IS 'The document as received, less the secret; null once its time to be kept is over.';
COMMENT ON COLUMN intake.callback.bodies_removed_at IS 'When the bodies of answers were taken out of the document; null while they are in it.';

ALTER TABLE intake.landed ALTER COLUMN document DROP NOT NULL;
CREATE INDEX landed_kept ON intake.landed (fetched_at) WHERE problem IS NULL AND document IS NOT NULL;
COMMENT ON COLUMN intake.landed.document IS 'The JSON:API document; U+0000 and lone surrogates replaced; null once its time to be kept is over.';

CREATE INDEX errand_with_bodies ON cention.errand (arrived_at)
    WHERE body_html IS NOT NULL OR answer_body IS NOT NULL;
CREATE INDEX answer_with_bodies ON cention.answer (received_at)
    WHERE body_text IS NOT NULL OR body_html IS NOT NULL;

ALTER TABLE cention.attachment DROP CONSTRAINT attachment_state_check;
ALTER TABLE cention.attachment ADD CONSTRAINT attachment_state_check
    CHECK (state IN ('wanted', 'stored', 'gone', 'refused', 'removed'));
CREATE INDEX attachment_with_content ON cention.attachment (fetched_at)
    WHERE sha256 IS NOT NULL AND kind <> 'library';
COMMENT ON COLUMN cention.attachment.state IS 'wanted: not fetched yet; stored; gone: Cention has it no more; refused: see reason; removed: its content was taken away here, see reason.';
COMMENT ON COLUMN cention.attachment.reason IS 'Why it is gone, refused or removed.';
COMMENT ON COLUMN cention.attachment.fetched_at IS 'When it was last asked for; of one removed before it ever was, when it was removed.';
COMMENT ON COLUMN cention.attachment.sha256 IS 'SHA-256 of the content: its key in cention.blob; null while there is none, or no more.';

CREATE TABLE intake.erased (
    workspace  text NOT NULL,
    family     text NOT NULL CHECK (family IN ('errand_reports', 'facebook_ratings')),
    remote_id  bigint NOT NULL,
    erased_at  timestamptz NOT NULL DEFAULT now(),
    blanked_at timestamptz,
    PRIMARY KEY (workspace, family, remote_id)
);
COMMENT ON TABLE intake.erased IS 'Records whose writer was erased. By number alone, no trace of the person: whatever Cention tells of them again is blanked again.';
COMMENT ON COLUMN intake.erased.workspace IS 'Cention workspace.';
COMMENT ON COLUMN intake.erased.family IS 'errand_reports or facebook_ratings.';
COMMENT ON COLUMN intake.erased.remote_id IS 'Cention''s id of the errand or rating.';
COMMENT ON COLUMN intake.erased.erased_at IS 'When it was first erased.';
COMMENT ON COLUMN intake.erased.blanked_at IS 'Of the landed document that was blanked last, its fetched_at; null if there was none.';
