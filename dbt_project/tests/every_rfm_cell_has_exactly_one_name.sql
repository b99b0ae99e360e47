-- The rule table leaves no gap and has no overlap over all 125 combinations of scores.

with scores as (

    {% for score in range(1, 6) -%}
    select {{ score }} as score
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

cells as (

    select
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score,
        {{ value_score('frequency.score', 'monetary.score') }} as value_score

    from scores as recency
    cross join scores as frequency
    cross join scores as monetary

),

rules as (

    select * from {{ ref('rfm_segments') }}

),

named as (

    select
        cells.recency_score,
        cells.frequency_score,
        cells.monetary_score,
        count(rules.rfm_segment) as names

    from cells
    left join rules
        on
            cells.recency_score between rules.recency_score_from and rules.recency_score_to
            and cells.value_score between rules.value_score_from and rules.value_score_to
    group by cells.recency_score, cells.frequency_score, cells.monetary_score

)

select * from named
where names <> 1
