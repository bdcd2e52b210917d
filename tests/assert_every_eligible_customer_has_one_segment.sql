-- Every customer that is eligible at the latest origin is in customer_segments, once, with a segment.
select
    origins.customer_id,
    count(segments.segment) as segment_count
from {{ ref('demand_forecast', 'seq_origins') }} as origins
left join {{ ref('demand_forecast', 'customer_segments') }} as segments
    on origins.customer_id = segments.customer_id and origins.as_of_date = segments.as_of_date
where origins.role = 'latest'
group by origins.customer_id
having count(segments.segment) <> 1
