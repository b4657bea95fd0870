-- Errands as Cention reports them, their history, tags, recipients and the names they mention.
CREATE SCHEMA cention;
COMMENT ON SCHEMA cention IS 'What Cention knows, normalised: one table a kind of thing.';

CREATE TABLE cention.workspace (
    workspace text PRIMARY KEY,
    timezone  text NOT NULL
);
COMMENT ON TABLE cention.workspace IS 'The Cention workspaces that are mirrored here.';
COMMENT ON COLUMN cention.workspace.workspace IS 'Name used in every key.';
COMMENT ON COLUMN cention.workspace.timezone IS 'IANA zone of the workspace''s clock; days in the analyst views begin by it.';

CREATE TABLE cention.errand (
    workspace                 text NOT NULL,
    errand_id                 bigint NOT NULL,
    display_id                text,
    thread_id                 bigint,
    group_id                  bigint,
    has_child                 boolean,
    acquired                  boolean,
    status_code               text,
    status_title              text,
    service_id                bigint,
    organisation_id           bigint,
    area_id                   bigint,
    agent_id                  bigint,
    priority                  text,
    from_address              text,
    from_name                 text,
    to_text                   text,
    subject                   text,
    body_html                 text,
    arrived_at                timestamptz,
    answered_at               timestamptz,
    done_at                   timestamptz,
    attachment_count          integer,
    closed                    boolean,
    deleted                   boolean,
    answered                  boolean,
    has_answer                boolean,
    answer_deleted            boolean,
    forwarded_external        boolean,
    cloned_forwarded_external boolean,
    feedback_answer           text,
    feedback_link             text,
    feedback_value            integer,
    feedback_question_text    text,
    feedback_question_html    text,
    answer_subject            text,
    answer_body               text,
    secure_user_id            text,
    fb_likes                  text,
    fb_action                 text,
    fb_pms                    boolean,
    send_pm                   boolean,
    retweet                   boolean,
    twitter_pm                boolean,
    sla_expiry                integer,
    sla_done_due              boolean,
    within_sla                boolean,
    handling_time_s           bigint,
    response_time_s           bigint,
    sla_fetched_at            timestamptz,
    sla_pending               boolean NOT NULL DEFAULT false,
    gone_at                   timestamptz,
    fetched_at                timestamptz NOT NULL,
    PRIMARY KEY (workspace, errand_id)
);
CREATE INDEX errand_arrived ON cention.errand (workspace, arrived_at);
CREATE INDEX errand_agent ON cention.errand (workspace, agent_id, arrived_at);
CREATE INDEX errand_area ON cention.errand (workspace, area_id, arrived_at);
-- Writers choose their address, and other kinds of index refuse a long one.
CREATE INDEX errand_from ON cention.errand USING hash (lower(from_address));
COMMENT ON TABLE cention.errand IS 'One row an errand, as Cention last reported it (c3_errand_reports).';
COMMENT ON COLUMN cention.errand.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.errand.errand_id IS 'Cention''s database id of the errand.';
COMMENT ON COLUMN cention.errand.display_id IS 'Number shown to people, such as 2256-1.';
COMMENT ON COLUMN cention.errand.thread_id IS 'Thread the errand belongs to; null for none.';
COMMENT ON COLUMN cention.errand.group_id IS 'Errand it is grouped with (groupWith); null for none.';
COMMENT ON COLUMN cention.errand.has_child IS 'Another errand replies to this one.';
COMMENT ON COLUMN cention.errand.acquired IS 'An agent has taken it.';
COMMENT ON COLUMN cention.errand.status_code IS 'Stems of the status icons, such as ACTION_ANSWER; several are separated by comma and blank.';
COMMENT ON COLUMN cention.errand.status_title IS 'Titles of the status icons, in the language of the workspace.';
COMMENT ON COLUMN cention.errand.service_id IS 'Channel; name in cention.service. Not the service number of answers.';
COMMENT ON COLUMN cention.errand.organisation_id IS 'Organisation; name in cention.organisation.';
COMMENT ON COLUMN cention.errand.area_id IS 'Area; name in cention.area.';
COMMENT ON COLUMN cention.errand.agent_id IS 'Agent it is assigned to; name in cention.agent; null if unassigned.';
COMMENT ON COLUMN cention.errand.priority IS 'Priority as text; null for none.';
COMMENT ON COLUMN cention.errand.from_address IS 'Address of the writer.';
COMMENT ON COLUMN cention.errand.from_name IS 'Name of the writer.';
COMMENT ON COLUMN cention.errand.to_text IS 'Addressees as one line; single addresses in cention.errand_recipient.';
COMMENT ON COLUMN cention.errand.subject IS 'Subject.';
COMMENT ON COLUMN cention.errand.body_html IS 'Body as HTML, untrusted: never show it unescaped.';
COMMENT ON COLUMN cention.errand.arrived_at IS 'Arrival, to the minute (date).';
COMMENT ON COLUMN cention.errand.answered_at IS 'Answer, to the minute (answeredDate); null for none.';
COMMENT ON COLUMN cention.errand.done_at IS 'Date done (donedate); null for none.';
COMMENT ON COLUMN cention.errand.attachment_count IS 'Number of attachments.';
COMMENT ON COLUMN cention.errand.closed IS 'It is closed.';
COMMENT ON COLUMN cention.errand.deleted IS 'It is deleted in Cention.';
COMMENT ON COLUMN cention.errand.answered IS 'It was answered.';
COMMENT ON COLUMN cention.errand.has_answer IS 'Cention''s hasAnswer; not the same as answered.';
COMMENT ON COLUMN cention.errand.answer_deleted IS 'Its answer was deleted.';
COMMENT ON COLUMN cention.errand.forwarded_external IS 'It was forwarded to an external expert.';
COMMENT ON COLUMN cention.errand.cloned_forwarded_external IS 'It was cloned and forwarded to an external expert.';
COMMENT ON COLUMN cention.errand.feedback_answer IS 'Answer to Cention''s own satisfaction question.';
COMMENT ON COLUMN cention.errand.feedback_link IS 'Link of that question; following it votes.';
COMMENT ON COLUMN cention.errand.feedback_value IS 'Value of that answer; null while there is none.';
COMMENT ON COLUMN cention.errand.feedback_question_text IS 'Wording of that question, plain.';
COMMENT ON COLUMN cention.errand.feedback_question_html IS 'Wording of that question as HTML, untrusted.';
COMMENT ON COLUMN cention.errand.answer_subject IS 'Subject of the reply.';
COMMENT ON COLUMN cention.errand.answer_body IS 'Text of the reply.';
COMMENT ON COLUMN cention.errand.secure_user_id IS 'secureUserId; null for none.';
COMMENT ON COLUMN cention.errand.fb_likes IS 'Facebook likes, as text.';
COMMENT ON COLUMN cention.errand.fb_action IS 'Facebook action, as text.';
COMMENT ON COLUMN cention.errand.fb_pms IS 'Facebook private message (fbPms).';
COMMENT ON COLUMN cention.errand.send_pm IS 'sendPm.';
COMMENT ON COLUMN cention.errand.retweet IS 'It is a retweet.';
COMMENT ON COLUMN cention.errand.twitter_pm IS 'It is a Twitter private message.';
COMMENT ON COLUMN cention.errand.sla_expiry IS 'SLA expiry: 0 none, 1 warning, 2 expired; may lag by about 5 minutes.';
COMMENT ON COLUMN cention.errand.sla_done_due IS 'Date done is past, as of sla_fetched_at.';
COMMENT ON COLUMN cention.errand.within_sla IS 'Handled within the SLA.';
COMMENT ON COLUMN cention.errand.handling_time_s IS 'Total handling time, seconds.';
COMMENT ON COLUMN cention.errand.response_time_s IS 'Total response time, seconds.';
COMMENT ON COLUMN cention.errand.sla_fetched_at IS 'When the SLA columns were last reported.';
COMMENT ON COLUMN cention.errand.sla_pending IS 'The last report came before Cention had computed the SLA: the SLA columns are older.';
COMMENT ON COLUMN cention.errand.gone_at IS 'When Cention was found to know this errand no more; null while it does.';
COMMENT ON COLUMN cention.errand.fetched_at IS 'When the last report was asked for.';

CREATE TABLE cention.errand_action (
    workspace   text NOT NULL,
    action_id   bigint NOT NULL,
    errand_id   bigint NOT NULL,
    note        text,
    origin      text,
    happened_at timestamptz,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace, action_id)
);
CREATE INDEX errand_action_errand ON cention.errand_action (workspace, errand_id, happened_at);
COMMENT ON TABLE cention.errand_action IS 'History of errands: one row an action; never removed.';
COMMENT ON COLUMN cention.errand_action.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.errand_action.action_id IS 'Cention''s id of the action.';
COMMENT ON COLUMN cention.errand_action.errand_id IS 'Errand it belongs to.';
COMMENT ON COLUMN cention.errand_action.note IS 'What happened, in words.';
COMMENT ON COLUMN cention.errand_action.origin IS 'Name of the agent who did it.';
COMMENT ON COLUMN cention.errand_action.happened_at IS 'When it happened.';
COMMENT ON COLUMN cention.errand_action.fetched_at IS 'When it was last reported.';

CREATE TABLE cention.errand_tag (
    workspace  text NOT NULL,
    errand_id  bigint NOT NULL,
    tag_id     bigint NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (workspace, errand_id, tag_id)
);
CREATE INDEX errand_tag_tag ON cention.errand_tag (workspace, tag_id);
COMMENT ON TABLE cention.errand_tag IS 'Tags that errands carry now; names in cention.tag.';
COMMENT ON COLUMN cention.errand_tag.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.errand_tag.errand_id IS 'Errand.';
COMMENT ON COLUMN cention.errand_tag.tag_id IS 'Tag.';
COMMENT ON COLUMN cention.errand_tag.fetched_at IS 'When it was last reported.';

CREATE TABLE cention.errand_recipient (
    workspace  text NOT NULL,
    errand_id  bigint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('to', 'copy')),
    position   integer NOT NULL,
    address    text NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (workspace, errand_id, kind, position)
);
COMMENT ON TABLE cention.errand_recipient IS 'Addressees of errands.';
COMMENT ON COLUMN cention.errand_recipient.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.errand_recipient.errand_id IS 'Errand.';
COMMENT ON COLUMN cention.errand_recipient.kind IS 'to or copy.';
COMMENT ON COLUMN cention.errand_recipient.position IS 'Place in the list, from 1.';
COMMENT ON COLUMN cention.errand_recipient.address IS 'Address.';
COMMENT ON COLUMN cention.errand_recipient.fetched_at IS 'When it was last reported.';

CREATE TABLE cention.organisation (
    workspace text NOT NULL, organisation_id bigint NOT NULL, name text NOT NULL,
    fetched_at timestamptz NOT NULL, PRIMARY KEY (workspace, organisation_id)
);
COMMENT ON TABLE cention.organisation IS 'Organisations that reports have mentioned.';
COMMENT ON COLUMN cention.organisation.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.organisation.organisation_id IS 'Cention''s id.';
COMMENT ON COLUMN cention.organisation.name IS 'Name as last reported.';
COMMENT ON COLUMN cention.organisation.fetched_at IS 'When this name was first reported.';

CREATE TABLE cention.area (
    workspace text NOT NULL, area_id bigint NOT NULL, name text NOT NULL,
    fetched_at timestamptz NOT NULL, PRIMARY KEY (workspace, area_id)
);
COMMENT ON TABLE cention.area IS 'Areas that reports have mentioned.';
COMMENT ON COLUMN cention.area.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.area.area_id IS 'Cention''s id.';
COMMENT ON COLUMN cention.area.name IS 'Name as last reported.';
COMMENT ON COLUMN cention.area.fetched_at IS 'When this name was first reported.';

CREATE TABLE cention.agent (
    workspace text NOT NULL, agent_id bigint NOT NULL, name text NOT NULL,
    fetched_at timestamptz NOT NULL, PRIMARY KEY (workspace, agent_id)
);
COMMENT ON TABLE cention.agent IS 'Agents that reports have mentioned.';
COMMENT ON COLUMN cention.agent.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.agent.agent_id IS 'Cention''s id.';
COMMENT ON COLUMN cention.agent.name IS 'Display name as last reported; not the login name.';
COMMENT ON COLUMN cention.agent.fetched_at IS 'When this name was first reported.';

CREATE TABLE cention.service (
    workspace text NOT NULL, service_id bigint NOT NULL, name text NOT NULL,
    fetched_at timestamptz NOT NULL, PRIMARY KEY (workspace, service_id)
);
COMMENT ON TABLE cention.service IS 'Channels that reports have mentioned.';
COMMENT ON COLUMN cention.service.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.service.service_id IS 'Number used in reports; answers use another.';
COMMENT ON COLUMN cention.service.name IS 'Name as last reported.';
COMMENT ON COLUMN cention.service.fetched_at IS 'When this name was first reported.';

CREATE TABLE cention.tag (
    workspace text NOT NULL, tag_id bigint NOT NULL, name text NOT NULL,
    fetched_at timestamptz NOT NULL, PRIMARY KEY (workspace, tag_id)
);
COMMENT ON TABLE cention.tag IS 'Tags that reports have mentioned.';
COMMENT ON COLUMN cention.tag.workspace IS 'Cention workspace.';
COMMENT ON COLUMN cention.tag.tag_id IS 'Cention''s id.';
COMMENT ON COLUMN cention.tag.name IS 'Name as last reported.';
COMMENT ON COLUMN cention.tag.fetched_at IS 'When this name was first reported.';
