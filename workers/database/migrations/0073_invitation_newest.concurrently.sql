-- The newest invitations of a workspace, for the page Surveys and cention surveys invitations.
DROP INDEX CONCURRENTLY IF EXISTS feedback.invitation_newest;
CREATE INDEX CONCURRENTLY invitation_newest ON feedback.invitation (
    workspace, (coalesce(sent_at, due_at)) DESC, invitation_id DESC
);
