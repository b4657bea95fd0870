-- One row per answer to an errand, with the day at the workspace.
select
    jsonb_build_array(r.workspace, r.errand_id) as errand_key,
    r.workspace,
    r.errand_id,
    r.position,
    r.responded_at,
    (r.responded_at at time zone coalesce(w.timezone, 'UTC'))::date as responded_on,
    r.area_id,
    r.agent_id
from {{ source('analyst', 'errand_response') }} as r
left join {{ source('cention', 'workspace') }} as w on w.workspace = r.workspace
