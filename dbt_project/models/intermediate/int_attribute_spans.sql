-- One row per SKU × attribute × producer × span in which the producer gave one value without a gap. Most files repeat what
-- the one before said: what is left is about as long as the list of real changes.
with offers as (

    select * from {{ ref('int_attribute_offers') }}

),

compared as (

    select
        *,
        lag(place) over (partition by sku, attribute, corrected, producer_place order by place) is not null
        and lag(given) over (partition by sku, attribute, corrected, producer_place order by place)
        is not distinct from given
        and lag(labels) over (partition by sku, attribute, corrected, producer_place order by place)
        is not distinct from labels
        and lag(known_from) over (partition by sku, attribute, corrected, producer_place order by place) <= known_from
        and coalesce(
            lag(known_until) over (partition by sku, attribute, corrected, producer_place order by place), known_from
        ) >= known_from as goes_on
    from offers

),

numbered as (

    select
        *,
        sum(case when goes_on then 0 else 1 end) over (
            partition by sku, attribute, corrected, producer_place
            order by place
            rows between unbounded preceding and current row
        ) as span
    from compared

),

spans as (

    select
        sku,
        attribute,
        corrected,
        producer_place,
        span,
        min(producer) as producer,
        max(place) as place,
        min_by(given, place) as given,
        min_by(labels, place) as labels,
        min_by(file_version_id, place) as file_version_id,
        min(known_from) as known_from,
        case when count(*) = count(known_until) then max(known_until) end as known_until
    from numbered
    group by sku, attribute, corrected, producer_place, span

)

select * from spans
