-- One row per cycle × file version that the cycle may read, ranked: the producer that wins first, its newest file first.
with spans as (

    select * from {{ ref('stg_version_spans') }}

),

cycles as (
    {{ run_cycles() }}

),

producers as (
    {{ run_producers() }}

),

known as (

    select
        cycles.cycle,
        spans.file_version_id,
        spans.producer,
        row_number() over (
            partition by cycles.cycle
            order by
                producers.place nulls last, spans.producer, spans.known_from desc, spans.file_version_id desc
        ) as version_rank
    from cycles
    inner join spans
        on spans.known_from <= cycles.known_at
        and (spans.superseded_from is null or spans.superseded_from > cycles.known_at)
    left join producers on spans.producer = producers.producer

)

select * from known
