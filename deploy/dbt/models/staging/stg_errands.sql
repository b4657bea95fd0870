-- One row per errand with its figures; deleted and gone errands are left out.
select
    jsonb_build_array(workspace, errand_id) as errand_key,
    workspace,
    errand_id,
    arrived_at,
    arrived_on,
    state,
    service_id,
    organisation_id,
    area_id,
    agent_id,
    response_count,
    first_response_min,
    first_response_business_min,
    final_resolution_min,
    final_resolution_business_min,
    reopening_count,
    one_touch,
    sla_breached
from {{ source('analyst', 'errand_metrics') }}
where state not in ('deleted', 'gone')
