-- Every row that was not accepted is in rejected_events, once: the counts by source, verdict and reason agree.
with listed as (

    select source as source_name, verdict, reason, count(*) as row_count
    from {{ ref('demand_forecast', 'rejected_events') }}
    group by source, verdict, reason

),

counted as (

    select source_name, verdict, reason, sum(row_count) as row_count
    from {{ ref('demand_forecast', 'stg_event_counts') }}
    where verdict <> 'accepted'
    group by source_name, verdict, reason

)

select
    coalesce(listed.source_name, counted.source_name) as source_name,
    listed.row_count as listed_count,
    counted.row_count as counted_count
from listed
full outer join counted
    on listed.source_name = counted.source_name and listed.verdict = counted.verdict and listed.reason = counted.reason
where coalesce(listed.row_count, 0) <> coalesce(counted.row_count, 0)
