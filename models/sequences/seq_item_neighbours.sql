-- One row per product and neighbour at the latest origin: what the same customers bought or looked at on the same days, ten at most.
{{ demand_forecast.item_neighbours('(select latest_origin_date from ' ~ ref('demand_forecast', 'seq_cut_dates') ~ ')') }}
