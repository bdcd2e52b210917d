-- No training example observes a day after fitted_through_date, no validation example one after trained_through_date, and no
-- purchase lies outside the observed days.
select examples.customer_id, examples.as_of_date, examples.role, examples.observed_days
from {{ ref('demand_forecast', 'lbl_training_examples') }} as examples
cross join {{ ref('demand_forecast', 'seq_cut_dates') }} as cuts
where examples.observed_days < 1
    or {{ demand_forecast.add_days('examples.as_of_date', 'examples.observed_days') }} > case
        when examples.role = 'train' then cuts.fitted_through_date else cuts.trained_through_date
    end
    or {{ demand_forecast.list_length('examples.purchases') }} > 0
    and {{ demand_forecast.list_item('examples.purchases', demand_forecast.list_length('examples.purchases')) }}.day > examples.observed_days
