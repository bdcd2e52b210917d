-- No forecast is judged on an origin before its model's trained_through_date.
select errors.*
from {{ ref('demand_forecast', 'prediction_errors') }} as errors
inner join {{ ref('demand_forecast', 'model_versions') }} as versions on errors.model_version = versions.model_version
where errors.as_of_date < versions.trained_through_date
