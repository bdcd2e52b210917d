"""How often will each customer buy in the next 39 weeks? CDNOW, beside BG/NBD and Pareto/NBD, fitted on the first 39 weeks only.

Source of the protocol: Fader, Hardie, Lee, "'Counting Your Customers' the Easy Way" (2005). Peers, labels and metrics are the
harness's own; a validation cut is the same question asked at an earlier week of the first 39.
"""
