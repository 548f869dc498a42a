{{ config(tags=['cycle'], partition_column='cycle') }}

with spans as (

    select * from {{ ref('int_attribute_spans') }}

),

cycles as (
    {{ run_cycles() }}

),

moments as (

    select sku, attribute, known_from as moment from spans
    union
    select sku, attribute, known_until as moment from spans where known_until is not null

),

-- Everything said at each moment, what wins first: a correction, then the producer that stands first, then its newest.
standing as (

    select
        moments.sku,
        moments.attribute,
        moments.moment,
        spans.corrected,
        spans.given,
        spans.labels,
        spans.producer,
        spans.file_version_id,
        row_number() over (
            partition by moments.sku, moments.attribute, moments.moment
            order by spans.corrected desc nulls last, spans.producer_place, spans.place desc
        ) as place
    from moments
    left join spans
        on moments.sku = spans.sku
        and moments.attribute = spans.attribute
        and moments.moment >= spans.known_from
        and (spans.known_until is null or moments.moment < spans.known_until)

),

united as (

    select
        sku,
        attribute,
        moment,
        {{ union_labels('labels') }} as labels
    from standing
    where not corrected and labels is not null
    group by sku, attribute, moment

),

states as (

    select
        standing.sku,
        standing.attribute,
        standing.moment,
        standing.corrected,
        standing.given,
        case when standing.corrected then standing.labels else united.labels end as labels,
        standing.producer,
        standing.file_version_id
    from standing
    left join united
        on standing.sku = united.sku
        and standing.attribute = united.attribute
        and standing.moment = united.moment
    where standing.place = 1

),

compared as (

    select
        *,
        lag(moment) over (partition by sku, attribute order by moment) is not null
        and lag(producer) over (partition by sku, attribute order by moment) is not distinct from producer
        and lag(corrected) over (partition by sku, attribute order by moment) is not distinct from corrected
        and lag(given) over (partition by sku, attribute order by moment) is not distinct from given
        and lag(labels) over (partition by sku, attribute order by moment) is not distinct from labels as goes_on
    from states

),

changes as (

    select
        *,
        lead(moment) over (partition by sku, attribute order by moment) as ends_at
    from compared
    where not goes_on

),

as_of_cycle as (

    select
        cycles.cycle,
        changes.sku,
        changes.attribute,
        changes.moment as known_from,
        case when changes.ends_at <= cycles.known_at then changes.ends_at end as known_until,
        changes.given as {{ adapter.quote('value') }},
        changes.labels,
        changes.producer,
        changes.file_version_id,
        changes.corrected
    from changes
    inner join cycles on changes.moment <= cycles.known_at
    where changes.producer is not null

)

select * from as_of_cycle
