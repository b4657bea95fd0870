-- One row per day, area and age: errands that were open at the end of the day, of all agents.
select
    workspace,
    day,
    area_id,
    age_band,
    sum(open) as open,
    sum(waiting_on_us) as waiting_on_us,
    min(oldest_at) as oldest_at
from {{ source('analyst', 'backlog_day') }}
group by workspace, day, area_id, age_band
