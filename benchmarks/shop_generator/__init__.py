"""A made-up shop whose customers' true purchase probabilities are known.

The process, per customer i and day d (see ``parameters`` for the numbers):

* a static latent type k ~ prior, and a daily latent state s_d in (away, idle, browsing, ready);
* s_first ~ start[k]; afterwards s_{d+1} ~ transition[bought_d][k][s_d]: a purchase resets the intent;
* counts of page views, searches, product views, favourites, cart adds and cart removals:
  independent Poisson(rate[kind][k][s_d] * visit_rhythm[weekday]), cut at ``MOST_COUNT`` and renormalised;
* bought_d ~ Bernoulli(min(0.95, purchase[k][s_d] * weekday[k] * season[k] * holiday * promotion));
* given a purchase, lines = 1 + Poisson(extra_lines[k]); every line adds its article to the cart first; units, articles,
  prices, times of day, sessions, channels and returns are drawn without looking at type or state, so they carry nothing.

Customers who join inside the window have a page view on their first day, so the shop sees them from that day.

Two probabilities of a purchase on day d are written, both before anything of day d is known:
``true_probability``        P(bought_d | k, s_{d-1}, bought_{d-1}): what an oracle of the mind would say;
``attainable_probability``  P(bought_d | daily counts through d-1): the best any model of the events can say, by the exact
                            forward filter over all types and states (``filtering``).

Every draw is an inverse-CDF look-up of a uniform of PCG64, so that a seed gives the same bytes on any machine.
"""
