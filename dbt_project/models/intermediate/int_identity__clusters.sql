-- Browsers and addresses that belong together, whoever's they are: connected components of steps.

{{ connected_components(ref('int_identity__steps')) }}
