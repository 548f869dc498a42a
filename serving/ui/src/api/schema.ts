// Made by `make golden` out of tests/golden/openapi.json; not for editing.

export interface paths {
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness
         * @description Answers 200 while the process lives, and says whether forecasts can be served; to readers also which.
         *
         *     Who shows nothing is always answered. A key or token that does not hold is refused here as elsewhere.
         */
        get: operations["healthz_healthz_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics
         * @description Requests, latency, the bundle in service, and what the process takes, for Prometheus to scrape.
         *
         *     It tells of no SKU, node or user, so everybody who may read may have it: a scraper needs no key that could change
         *     something. Each process tells of itself since its start.
         */
        get: operations["metrics_metrics_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accuracy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How good forecasts were
         * @description The table `accuracy` of a cycle: published forecasts against what was sold, beside the naive forecast.
         */
        get: operations["accuracy_v1_accuracy_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is wrong, and what was
         * @description Alerts about runs, files, cycles and checks: what happened, what it means, what to do, whom it was told to. They
         *     open and close by themselves; a sensor of the asset graph looks every 15 seconds.
         */
        get: operations["alerts_v1_alerts_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/changes/{series_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why a forecast changed
         * @description The table `forecast_changes` of a cycle for one series: what each reason changed of the earlier number.
         */
        get: operations["changes_v1_changes__series_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/channels/{series_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the models are told of a series
         * @description The buckets that a forecast reads, about the last year, and those ahead as they were planned at the cutoff.
         */
        get: operations["channels_v1_channels__series_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Classes of series
         * @description The table `series_classes` of a cycle: how much each series matters, how steady it is, how it sells.
         */
        get: operations["classes_v1_classes_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conflicts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Attributes on which producers disagree
         * @description Single-valued attributes of which producers give different values: who says what, and whose value is used.
         *
         *     The lowest `priority` of demand.yaml wins, then the newest file; a planner's correction wins over all.
         */
        get: operations["conflicts_v1_conflicts_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conflicts/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Correct attributes
         * @description Says what attributes of SKUs are, whatever producers say: from the next cycle on, until a newer correction.
         *
         *     It becomes a file of the producer that takes corrections, and can be recalled like any other.
         */
        post: operations["correct_v1_conflicts_corrections_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contributions/{series_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why a forecast is what it is
         * @description The table `feature_contributions` of a cycle for one series: those of a lead sum to forecast − baseline.
         */
        get: operations["contributions_v1_contributions__series_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cycles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Cycles of the lake
         * @description Every cycle that the lake knows, oldest first: whether it was forecast, published, bundled, scored, explained.
         */
        get: operations["all_cycles_v1_cycles_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cycles/{cycle}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Card and lineage of a cycle
         * @description What a cycle is made of: the model behind it and how it was judged, the contract of intervals, how far planners'
         *     numbers are in, and every table with its hash and the run that wrote it.
         */
        get: operations["cycle_card_v1_cycles__cycle__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cycles/bundles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bundles that can be rolled back to
         * @description Every bundle in the lake, the newest cycle first, with earlier versions of the same cycle.
         */
        get: operations["kept_bundles_v1_cycles_bundles_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/cycles/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The cycle being served
         * @description Which cycle the forecasts are of, how far they reach, what made them, and whether somebody rolled back to it.
         *
         *     Whoever is kept to some nodes and must not see others is told of the series below them only.
         */
        get: operations["current_cycle_v1_cycles_current_get"];
        /**
         * Roll back
         * @description Serves a bundle that is kept in place of the newest one, in every API process within ten seconds, until undone.
         *
         *     It stays so when newer bundles come. The ledger says who, when, from where, what before, and why.
         */
        put: operations["roll_back_v1_cycles_current_put"];
        post?: never;
        /**
         * Undo a rollback
         * @description Serves the newest bundle again, in every API process within ten seconds.
         */
        delete: operations["undo_rollback_v1_cycles_current_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether the champion still fits
         * @description The table `drift` of a cycle: errors, coverage, channels and attributes against the champion's training.
         *
         *     It is about all series together, so whoever must not see every node is refused.
         */
        get: operations["drift_v1_drift_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/drift/cycles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Drift over cycles, and what came of retrainings
         * @description Per cycle whether its champion still fits and how far off it was; per retraining why, and whether it took over.
         *
         *     It is about all series together, so whoever must not see every node is refused.
         */
        get: operations["drift_cycles_v1_drift_cycles_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Producers' files
         * @description Every version of every file: producer, state and why, and how many of its rows were read, accepted, rejected.
         */
        get: operations["files_v1_files_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{file_version_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file version
         * @description One version: how it was read, what each rule rejected, what its quality report says, columns that drifted, what
         *     people did to it, and the first rejected rows with the text that came and its place.
         */
        get: operations["file_version_v1_files__file_version_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{file_version_id}/recall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a recall would reach
         * @description Everything that a recall, or the undo of one that holds, would have computed again, and what the last one did.
         *
         *     Nothing is written. Files that would be read again are read here, too, to know which buckets they change.
         */
        get: operations["recall_v1_files__file_version_id__recall_get"];
        put?: never;
        /**
         * Take a file back
         * @description From now on the version counts for nothing. Nothing is deleted; the graph computes again what it reached.
         */
        post: operations["take_back_v1_files__file_version_id__recall_post"];
        /**
         * Undo a recall
         * @description Puts a version back in force, also one that a quality gate held out; the former bytes come back.
         */
        delete: operations["undo_v1_files__file_version_id__recall_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/files/{producer}/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Upload a producer's file
         * @description The body, as it is, becomes a file of the landing folder, whole or not at all; the graph takes it in from there.
         *
         *     A file of the same name is replaced: the new content is another version of it. Sent again, it is the same file.
         */
        put: operations["upload_v1_files__producer___name__put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Forecasts of everything
         * @description Every series × lead as one table, or those that pass the filters: NDJSON, CSV, Parquet or an Arrow stream.
         *
         *     Columns and meaning are the same in all of them. In CSV, text that a spreadsheet would run as a formula begins with
         *     a `'`. In Parquet and Arrow, `user`, `reason_code`, `method`, `model_version` and `receipt` are dictionaries.
         *     The table is of one cycle throughout, even where a newer one comes into service meanwhile.
         */
        get: operations["catalogue_v1_forecast_catalogue_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/newcomers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forecast of a product that nobody has sold yet
         * @description A product described by its attributes alone, as a cycle would forecast it: like its family. Nothing is kept.
         *
         *     The family is the deepest level of the first hierarchy with five members that have some history, and in the end
         *     everything. Who is kept to nodes is answered by what lies in them.
         */
        post: operations["newcomer_v1_forecast_newcomers_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/nodes/{hierarchy}/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Forecast of a node
         * @description Forecast of one member of a level of a hierarchy: a department, a category, the total.
         *
         *     Means agree: each node is the sum of its children, and of the series below it.
         */
        get: operations["forecast_of_node_v1_forecast_nodes__hierarchy___node__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/skus": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Forecasts of many SKUs
         * @description The same question about up to 1,000 SKUs at once; nothing is changed by it.
         *
         *     SKUs that are not forecast are named in `unknown`, and the others are answered all the same.
         */
        post: operations["forecasts_of_skus_v1_forecast_skus_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/skus/{sku}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Forecast of a SKU
         * @description Forecasts of a cycle for every series of one SKU, lead by lead.
         *
         *     A SKU has one series, or one per location where the series key is `[sku, location]`. Quantities: units per bucket.
         */
        get: operations["forecast_of_sku_v1_forecast_skus__sku__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/forecast/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What other plans would make of a forecast
         * @description One series under other promotions, another price plan or other regressors, computed now by the model that made
         *     the cycle's forecast. Nothing is kept.
         *
         *     Only buckets from the cutoff on can be planned otherwise, and only through what the model reads. Whole departments,
         *     prices that work through elasticity, growth and launches are what scenarios are for (`dp scenario`).
         */
        post: operations["what_if_v1_forecast_what_if_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hierarchies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Hierarchies
         * @description The hierarchies that forecasts are reconciled over, their levels, and how many nodes stand on each.
         */
        get: operations["all_hierarchies_v1_hierarchies_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hierarchies/{name}/channels/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the models are told of the series below a node
         * @description Means over the series below the node that models are told of: of promotions, the share of series under them.
         */
        get: operations["channels_of_node_v1_hierarchies__name__channels__node__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hierarchies/{name}/history/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * History of a node
         * @description Actuals of up to two years before the cutoff, summed over the series that the cycle forecasts below the node.
         */
        get: operations["history_of_node_v1_hierarchies__name__history__node__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hierarchies/{name}/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Nodes of a hierarchy
         * @description Nodes of one hierarchy, of one level or right below one node, page by page.
         */
        get: operations["nodes_of_hierarchy_v1_hierarchies__name__nodes_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/history/{sku}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * History of a SKU
         * @description Actuals of up to two years before the cutoff, as the cycle knew them, beside what the models see of them.
         *
         *     With `as_of` it is what had arrived by then, whatever was restated, corrected or handed in late since.
         */
        get: operations["history_of_sku_v1_history__sku__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * API keys
         * @description Keys that hold: their prefix, whose they are, what they are for and may, and until when.
         */
        get: operations["keys_v1_keys_get"];
        put?: never;
        /**
         * Make an API key
         * @description A key of a user, for a program. It is told once.
         */
        post: operations["create_v1_keys_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{prefix}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End an API key
         * @description Every API process refuses it after five seconds at the latest.
         */
        delete: operations["revoke_v1_keys__prefix__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{prefix}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace an API key
         * @description A new key of the same user for the same purpose; the present one goes on for a while, so that programs can
         *     change over.
         */
        post: operations["rotate_v1_keys__prefix__rotate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who did what
         * @description Searches the audit ledger: every change of planners' numbers, scenarios, files, what is published and served,
         *     users and keys. Rows about users, keys and refused sign-ins are for administrators alone.
         */
        get: operations["ledger_v1_ledger_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/outliers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Outliers
         * @description Buckets of a cycle's history that sold so much that the models see less of them: how much, and likely causes.
         *
         *     Causes are told where the job `explain` has looked for them.
         */
        get: operations["outliers_v1_outliers_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overrides": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Planners' numbers
         * @description Numbers that hold in the current cycle, or all that were ever set.
         *
         *     The ETag is the state of planners' numbers: `If-Match` of a change says by it what was looked at.
         */
        get: operations["overrides_v1_overrides_get"];
        put?: never;
        /**
         * Set or lock numbers
         * @description Sets numbers for nodes, series or SKUs, all of them or none, in the name of who asks.
         *
         *     Where a number holds already, `If-Match` must say that it was seen. With `planning.approval`, they are proposed.
         */
        post: operations["set_overrides_v1_overrides_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overrides/{hierarchy}/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Buckets of a node, as planners see them
         * @description The current cycle's numbers of a node or series, and who set what there; the ETag is what `If-Match` takes.
         */
        get: operations["cells_v1_overrides__hierarchy___node__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overrides/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take a number back
         * @description Ends one number from the current cycle on.
         */
        delete: operations["withdraw_one_v1_overrides__number__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overrides/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What an edit would do
         * @description Reconciles and publishes under the wish in memory; nothing is written.
         *
         *     Its ETag is the state that it looked at: set the numbers with it as `If-Match`.
         */
        post: operations["preview_v1_overrides_preview_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overrides/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take numbers back
         * @description Ends numbers from the current cycle on, all of them or none; a lock is unlocked so.
         */
        post: operations["withdraw_v1_overrides_withdraw_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/producers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who delivers files
         * @description Each producer: when its newest file came and whether that is late, states of its files, what became of rows.
         */
        get: operations["producers_v1_producers_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Numbers that wait for approval
         * @description Proposals that wait, oldest first, or those decided on; with a number that must not be seen they are left out.
         */
        get: operations["proposals_v1_proposals_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{number}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a proposal hold
         * @description Sets the numbers, all or none, in the name of who proposed them; under four eyes nobody approves their own.
         *
         *     Where one of the cells was changed since it was proposed, the answer is 412: propose again.
         */
        post: operations["approve_v1_proposals__number__approve_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{number}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a proposal would do
         * @description Reconciles and publishes under the proposal in memory; nothing is written.
         */
        post: operations["preview_v1_proposals__number__preview_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{number}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject a proposal
         * @description Ends a proposal without setting anything.
         */
        post: operations["reject_v1_proposals__number__reject_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Data quality
         * @description What stands out in files beside those that their producer delivered before, file by file; the report of a day
         *     with `day`. Every measure of a file stands in `GET /v1/files/{file_version_id}`.
         */
        get: operations["quality_v1_quality_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/receipts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What decided forecasts
         * @description Everything that decided a table of forecasts, each content by its hash, and the commands that compute it again.
         *
         *     Whoever is kept to some nodes is not told the configuration, which may speak of others.
         */
        get: operations["receipt_v1_receipts__id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Scenarios
         * @description Scenarios by name, and whether what they came to still holds.
         */
        get: operations["scenarios_v1_scenarios_get"];
        put?: never;
        /**
         * Keep a scenario
         * @description Keeps what would be different; nothing is computed yet. One of the same name is replaced only by its number.
         *
         *     Whoever is kept to nodes changes what lies wholly inside them; a change of anything else is refused by name.
         */
        post: operations["keep_v1_scenarios_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A scenario
         * @description One scenario by name; ask again until its state is `up to date` after it was asked to run.
         */
        get: operations["scenario_v1_scenarios__name__get"];
        put?: never;
        post?: never;
        /**
         * Delete a scenario
         * @description Ends a scenario; numbers that it was promoted to stay. Scenarios are of all who plan what they change.
         */
        delete: operations["delete_v1_scenarios__name__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{name}/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Scenarios side by side
         * @description One or several scenarios beside what is published: one row per bucket of every node that any changes.
         */
        get: operations["comparison_v1_scenarios__name__comparison_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{name}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a scenario the plan
         * @description Sets, or proposes, every number that it changes; one of a series that is not theirs refuses all.
         */
        post: operations["promote_v1_scenarios__name__promote_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/scenarios/{name}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compute a scenario
         * @description Asks the asset graph to compute it; the sensor `requests_sensor` takes that up within a minute.
         */
        post: operations["run_v1_scenarios__name__run_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Series
         * @description What is forecast: ids, key columns and attributes, filtered and page by page.
         */
        get: operations["all_series_v1_series_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who asks
         * @description Name, roles, permissions and nodes of whoever shows the key or token, so that a client offers no more.
         */
        get: operations["who_asks_v1_session_get"];
        put?: never;
        /**
         * Sign in
         * @description A token for a user and password, to be shown instead of an API key for an hour.
         */
        post: operations["sign_in_v1_session_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose a password
         * @description Replaces a one-time password, or one's own, and answers with a token. Sessions from before end.
         */
        post: operations["change_password_v1_session_password_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/thresholds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What something is judged by
         * @description What puts items on the worklist, warns of a file or holds it back, caps outliers, and widens intervals. They are
         *     changed in `demand.yaml`; this process reads it when it starts.
         */
        get: operations["thresholds_v1_thresholds_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trace/{series_id}/{bucket}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where a published number comes from
         * @description The number followed back: reconciliation, planners, forecast, receipt, model, features, history, files, rows.
         *
         *     Every link names its table, its partition, the hash of its content, where that lies, and the run that wrote it.
         */
        get: operations["trace_v1_trace__series_id___bucket__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trace/{series_id}/{bucket}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The file rows behind a bucket of history
         * @description Accepted rows of producers' files that fall into a bucket of a series, by their number in the file.
         *
         *     `known` says whether the cycle knew the file: a row that arrived later, or whose file was recalled, counts for
         *     nothing in it.
         */
        get: operations["rows_of_history_v1_trace__series_id___bucket__rows_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Users
         * @description Everybody who may ask, what they are and which nodes they are kept to. Whoever signs in at another issuer is not
         *     listed.
         */
        get: operations["users_v1_users_get"];
        put?: never;
        /**
         * Add a user
         * @description A user with a one-time password, which they replace by their own when they first sign in. It is told once.
         */
        post: operations["add_v1_users_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{name}/access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a user other roles and nodes
         * @description Replaces roles and nodes. Whoever is signed in must sign in again; nobody takes the administration from
         *     themselves.
         */
        post: operations["set_access_v1_users__name__access_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{name}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a user in no longer
         * @description Neither the user nor any of their keys is let in, in every API process after five seconds at the latest.
         */
        post: operations["disable_v1_users__name__disable_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{name}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a user in again
         * @description Lets a user in again, with the password and the keys that they had.
         */
        post: operations["enable_v1_users__name__enable_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{name}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a user a one-time password
         * @description A new one-time password; the present one ends at once, and so do sessions. It is told once.
         */
        post: operations["reset_password_v1_users__name__password_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/value-added": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each step did to the error
         * @description The table `forecast_value_added` of a cycle: what model, reconciliation and planners each saved of the error.
         *
         *     Whoever must not see every node is told of nodes alone: all, planners and reasons are sums over everything.
         */
        get: operations["value_added_v1_value_added_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worklist": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What to look at first
         * @description The table `exceptions` of a cycle: what changed much, is biased, new, outside its interval or about to expire.
         *
         *     What planners accepted or snoozed is left out unless `marked` asks for it.
         */
        get: operations["worklist_v1_worklist_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worklist/assignees": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who can be assigned an exception
         * @description Who is let in and plans all of what an exception of the cycle in service is about.
         */
        get: operations["assignees_v1_worklist_assignees_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worklist/marks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Accept, snooze, assign
         * @description Sets marks on exceptions of the cycle in service, all or none; each says all that its exception is to have.
         *
         *     What is accepted comes back with the next cycle that finds it, what is snoozed with the first one from a day on.
         */
        put: operations["put_marks_v1_worklist_marks_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worksheet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A worksheet to fill in
         * @description Nodes or series × buckets with what is published and set, as a file for a spreadsheet; only what one may plan.
         *
         *     Fill in `new_quantity` and `reason_code` (and `comment`, `lock`: yes), leave `version` as it is, and hand it in.
         */
        get: operations["worksheet_v1_worksheet_get"];
        put?: never;
        /**
         * Hand in a worksheet
         * @description Sets, or proposes, every new quantity of a worksheet (CSV or XLSX), or none where one row cannot be taken.
         *
         *     A number that was changed since the worksheet was made is such a row.
         */
        post: operations["hand_in_v1_worksheet_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/worksheet/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a worksheet would do
         * @description Row by row what would be set and what cannot be, and what the changes do to all totals; nothing is written.
         */
        post: operations["preview_v1_worksheet_preview_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Access
         * @description What a user is from now on, and where.
         */
        Access: {
            /**
             * Nodes
             * @description Nodes that they are kept to, as hierarchy:node; null, or left out, is everything.
             * @default null
             * @example [
             *       "product:GROCERY"
             *     ]
             */
            nodes: string[] | null;
            /**
             * Roles
             * @description Out of viewer, planner, data_engineer and admin.
             * @example [
             *       "planner"
             *     ]
             */
            roles: string[];
            /**
             * Sees Outside
             * @description With `nodes`: whether what lies outside can be read, though not changed.
             * @default false
             */
            sees_outside: boolean;
        };
        /**
         * Accuracy
         * @description Scores of one cycle, by hierarchy, level, node and lead.
         */
        Accuracy: {
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle scored.
             * @example 2017-10-30
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Scores
             * @description Scores of this page.
             */
            scores: components["schemas"]["Score"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * AlertCard
         * @description An alert.
         */
        AlertCard: {
            /**
             * Closed At
             * @description When it ended; null: it is open.
             * @example 2017-12-04T15:00:00Z
             */
            closed_at: string | null;
            /**
             * Do
             * @description What to do.
             * @example Ask the producer.
             */
            do: string;
            /**
             * Ending
             * @description How: it is over, or a graver alert of the same trouble took its place.
             * @example recovered
             */
            ending: ("recovered" | "replaced") | null;
            /**
             * Happened
             * @description What happened.
             * @example No new file from north by Monday 2017-12-04 07:00.
             */
            happened: string;
            /**
             * Key
             * @description The trouble; open once at most at any time.
             * @example file_missing:north
             */
            key: string;
            /**
             * Kind
             * @description Kind of alert.
             * @example file_missing
             */
            kind: string;
            /**
             * Link
             * @description Where to look.
             * @example http://127.0.0.1:8000/data?producer=north
             */
            link: string | null;
            /**
             * Means
             * @description What that means.
             * @example What was sold is not known yet.
             */
            means: string;
            /**
             * Number
             * @description Row of the ledger that opened it.
             * @example 12
             */
            number: number;
            /**
             * Opened At
             * Format: date-time
             * @description When it was opened.
             * @example 2017-12-04T12:00:00Z
             */
            opened_at: string;
            /**
             * Over Because
             * @description Why it ended.
             * @example It is no longer so.
             */
            over_because: string | null;
            /**
             * Owner
             * @description Who answers for it.
             * @example demand-planning
             */
            owner: string;
            /**
             * Runbook
             * @description What to do, step by step: a file of the repository, or its address.
             * @example docs/runbooks/alert-file-missing.md
             */
            runbook: string;
            /**
             * Severity
             * @description How bad it is.
             * @example warning
             * @enum {string}
             */
            severity: "warning" | "error" | "critical";
            /**
             * Told
             * @description Whom it was told to.
             */
            told: components["schemas"]["ToldNotice"][];
        };
        /**
         * Alerts
         * @description Alerts, the last opened first.
         */
        Alerts: {
            /**
             * Alerts
             * @description Alerts of this page.
             */
            alerts: components["schemas"]["AlertCard"][];
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Open
             * @description How many are open in all, whatever is asked for.
             * @example 1
             */
            open: number;
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * ApiKey
         * @description A key, without its secret.
         */
        ApiKey: {
            /**
             * Expires At
             * Format: date-time
             * @description From then on it is refused.
             * @example 2018-03-05T12:00:00Z
             */
            expires_at: string;
            /**
             * Permissions
             * @description What it may at most.
             * @example [
             *       "read"
             *     ]
             */
            permissions: string[];
            /**
             * Prefix
             * @description What names it: the part between `dp_` and the next `_`.
             * @example k3m9q2xw
             */
            prefix: string;
            /**
             * Purpose
             * @description What it is for.
             * @example dashboard
             */
            purpose: string;
            /**
             * State
             * @description Whether it is let in.
             * @example holds
             * @enum {string}
             */
            state: "holds" | "expired" | "revoked";
            /**
             * User
             * @description Whose it is.
             * @example shop
             */
            user: string;
        };
        /**
         * Archive
         * @description Where the bytes of a file are kept, whatever becomes of the original.
         */
        Archive: {
            /**
             * Bytes
             * @description Size.
             * @example 204800
             */
            bytes: number;
            /**
             * Location
             * @description Path in the lake.
             * @example lake/_landed/3f1c9ab01d2e
             */
            location: string;
            /**
             * Sha256
             * @description Hash of the bytes.
             * @example 3f1c9ab01d2e
             */
            sha256: string;
        };
        /**
         * Asking
         * @description Who asks, and what they may.
         */
        Asking: {
            /**
             * Name
             * @description User name; `anonymous` where an open API is asked without any.
             * @example ada
             */
            name: string;
            /**
             * Nodes
             * @description Nodes that they are kept to; null is everything.
             * @example [
             *       "product:GROCERY"
             *     ]
             */
            nodes: string[] | null;
            /**
             * Permissions
             * @description What they may here: read, plan, operate, administer.
             * @example [
             *       "plan",
             *       "read"
             *     ]
             */
            permissions: string[];
            /**
             * Roles
             * @description viewer, planner, data_engineer or admin.
             * @example [
             *       "planner"
             *     ]
             */
            roles: string[];
            /**
             * Sees Outside
             * @description Whether what lies outside of them can be read.
             */
            sees_outside: boolean;
            /**
             * Signed In
             * @description Whether something was shown; an open API answers readers without.
             */
            signed_in: boolean;
        };
        /**
         * Assignees
         * @description Who can be assigned an exception.
         */
        Assignees: {
            /**
             * Names
             * @description Users who are let in and plan all of what it is about, by name.
             * @example [
             *       "ada",
             *       "bob"
             *     ]
             */
            names: string[];
            /**
             * Others
             * @description Whether people of the OIDC issuer can be assigned too, whom the API does not know beforehand.
             * @example false
             */
            others: boolean;
        };
        /**
         * Bucket
         * @description What one series sold in one bucket.
         */
        Bucket: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-11-27
             */
            bucket_start: string;
            /**
             * Capped
             * @description The same after outliers were capped, as the models see it; null with `as_of`: that is a cycle's.
             * @example 7
             */
            capped: number | null;
            /**
             * Observed
             * @description Whether the bucket counts: not before the first sale, nor out of stock; null with `as_of`.
             * @example true
             */
            observed: boolean | null;
            /**
             * Units
             * @description Units sold; 0 where nothing was.
             * @example 7
             */
            units: number;
        };
        /**
         * CatalogueRow
         * @description One row of the catalogue: a series × lead. Beside these columns there are one per key column (text, such as
         *     `sku`), `lower_80` and `upper_80` per interval level, and `q0.9` per quantile level asked for (numbers).
         */
        CatalogueRow: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Lead
             * @description Buckets ahead; 1 is the first bucket of the cycle.
             * @example 1
             */
            lead: number;
            /**
             * Mean
             * @description Mean, units per bucket; it adds up.
             * @example 7.1
             */
            mean: number;
            /**
             * Median
             * @description Median, units per bucket.
             * @example 6
             */
            median: number;
            /**
             * Method
             * @description What made the forecast.
             * @example blend
             */
            method: string;
            /**
             * Model Version
             * @description Cycle of the model, hash of weights.
             * @example 2017-10-02+3f1c9ab01d2e
             */
            model_version: string;
            /**
             * Naive
             * @description Mean of the last 8 buckets, units per bucket.
             * @example 5.9
             */
            naive: number;
            /**
             * Overridden
             * @description Whether a planner's number made `published` what it is.
             * @example false
             */
            overridden: boolean;
            /**
             * Published
             * @description The number of record, units per bucket.
             * @example 7.3
             */
            published: number;
            /**
             * Reason Code
             * @description Why; empty where nobody did.
             * @default null
             * @example launch
             */
            reason_code: string | null;
            /**
             * Receipt
             * @description Hash over all that made the forecast.
             * @example 9c1f
             */
            receipt: string;
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
            /**
             * User
             * @description Who overrode it; empty where nobody did.
             * @default null
             * @example ann
             */
            user: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * Cause
         * @description What may have caused an outlier.
         */
        Cause: {
            /**
             * Cause
             * @description feed_duplicate, bulk_order, promotion, event, holiday, price or unknown.
             * @example bulk_order
             */
            cause: string;
            /**
             * Evidence
             * @description What points to it.
             * @example 12 units per line in 3 lines, usually 1.5
             */
            evidence: string;
        };
        /**
         * Cell
         * @description A bucket of a node.
         */
        Cell: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /** @description The number that holds here; null where none does. */
            override: components["schemas"]["PlannersNumber"] | null;
            /**
             * Published
             * @description What is published, units.
             * @example 1190.5
             */
            published: number;
            /**
             * Reconciled
             * @description What reconciliation says, units; percent is of it.
             * @example 1190.5
             */
            reconciled: number;
        };
        /**
         * Cells
         * @description Buckets of a node in the current cycle.
         */
        Cells: {
            /**
             * Approval
             * @description Who must approve a number before it holds: `planning.approval`.
             * @enum {string}
             */
            approval: "none" | "review" | "four_eyes";
            /**
             * Cells
             * @description Buckets in their order.
             */
            cells: components["schemas"]["Cell"][];
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchy
             * @description Hierarchy of the node.
             * @example product
             */
            hierarchy: string;
            /**
             * Node
             * @description Path of the node, or id of the series.
             * @example GROCERY
             */
            node: string;
            /**
             * Reason Codes
             * @description Reasons that an override may give: `planning.reason_codes`.
             * @example [
             *       "promotion",
             *       "price"
             *     ]
             */
            reason_codes: string[];
        };
        /**
         * ChangedBucket
         * @description Why the published number of one bucket changed.
         */
        ChangedBucket: {
            /**
             * After
             * @description Published in this cycle, units.
             * @example 7.3
             */
            after: number;
            /**
             * Before
             * @description Published in the earlier cycle, units.
             * @example 8.5
             */
            before: number;
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Parts
             * @description By name; they sum to after − before.
             */
            parts: components["schemas"]["Part"][];
        };
        /**
         * Changes
         * @description Why the published forecasts of a series differ from those of the cycle before.
         */
        Changes: {
            /**
             * Buckets
             * @description Buckets that both cycles forecast, by time.
             */
            buckets: components["schemas"]["ChangedBucket"][];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-11
             */
            cycle: string;
            /**
             * Series Id
             * @description The series asked for.
             * @example 1029743
             */
            series_id: string;
            /**
             * Since
             * Format: date
             * @description Cutoff of the earlier cycle.
             * @example 2017-12-04
             */
            since: string;
        };
        /**
         * Channel
         * @description One thing that models are told.
         */
        Channel: {
            /**
             * Bucket Start
             * Format: date
             * @description Bucket that the value is of.
             * @example 2017-11-27
             */
            bucket_start: string;
            /**
             * Kind
             * @description past, known (ahead) or calendar.
             * @example past
             */
            kind: string;
            /**
             * Name
             * @description Channel.
             * @example rolling_mean_4w
             */
            name: string;
            /**
             * Value
             * @description Unscaled.
             * @example 272.5
             */
            value: number;
        };
        /**
         * ChannelOfSeries
         * @description One thing that the models are told, bucket by bucket.
         */
        ChannelOfSeries: {
            /**
             * Kind
             * @description past: known up to the cutoff; known: also ahead, as planned; calendar: of buckets, not of series.
             * @example known
             * @enum {string}
             */
            kind: "past" | "known" | "calendar";
            /**
             * Name
             * @description Channel, as the cycle's features name it.
             * @example promo_display
             */
            name: string;
            /**
             * Values
             * @description One per bucket, unscaled; null ahead of the cutoff for what is only known after.
             * @example [
             *       0,
             *       0.6
             *     ]
             */
            values: (number | null)[];
        };
        /**
         * Channels
         * @description What the models are told of a series: promotions, prices, holidays, outside influences.
         */
        Channels: {
            /**
             * Channels
             * @description Prices, then what is known ahead, then the calendar, then what follows from sales; none where a method forecasts the series from its sales alone.
             */
            channels: components["schemas"]["ChannelOfSeries"][];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * History
             * @description How many of the buckets lie before the cutoff.
             * @example 1
             */
            history: number;
            /**
             * Series Id
             * @description The series asked for.
             * @example 1029743
             */
            series_id: string;
            /**
             * Starts
             * @description First days of the buckets, by time.
             * @example [
             *       "2017-11-27",
             *       "2017-12-04"
             *     ]
             */
            starts: string[];
        };
        /**
         * ChannelsOfNode
         * @description What the models are told of the series below a node, together: means over those series.
         *
         *     Of a promotion, the mean is the share of the series that are under it. Prices are of series, and so not told.
         */
        ChannelsOfNode: {
            /**
             * Channels
             * @description What is known ahead, the calendar, and `not_observed`: the share of the series that had sold before and do not count in the bucket, such as those out of stock.
             */
            channels: components["schemas"]["ChannelOfSeries"][];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchy
             * @description Name of the hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * History
             * @description How many of the buckets lie before the cutoff.
             * @example 1
             */
            history: number;
            /**
             * Level
             * @description Level of the node.
             * @example department
             */
            level: string;
            /**
             * Node
             * @description Path of the node, joined by `/`.
             * @example GROCERY
             */
            node: string;
            /**
             * Series
             * @description Series below the node.
             * @example 18371
             */
            series: number;
            /**
             * Starts
             * @description First days of the buckets, by time.
             * @example [
             *       "2017-11-27",
             *       "2017-12-04"
             *     ]
             */
            starts: string[];
            /**
             * Told
             * @description Those that the models are told of, which the means are over.
             * @example 9120
             */
            told: number;
        };
        /**
         * ClassesPage
         * @description Series of a cycle by series_id, with their classes.
         */
        ClassesPage: {
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Series
             * @description Of this page.
             */
            series: components["schemas"]["SeriesClass"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * Compared
         * @description One comparison of the newest closed buckets with the champion's training.
         */
        Compared: {
            /**
             * Kind
             * @description What is compared; `estimate` is shown, and never drifts.
             * @example metric
             * @enum {string}
             */
            kind: "metric" | "coverage" | "channels" | "attributes" | "estimate";
            /**
             * Measure
             * @description How it is compared.
             * @example against its backtest
             */
            measure: string;
            /**
             * Name
             * @description Metric, interval in percent, channel or attribute; `all` channels together.
             * @example wape
             */
            name: string;
            /**
             * Observations
             * @description Values or forecasts behind it.
             * @example 35894
             */
            observations: number;
            /**
             * Reference
             * @description At training, of the naive forecast, or promised; null where a distance has none.
             * @example 0.6
             */
            reference: number | null;
            /**
             * Threshold
             * @description Beyond it, it has drifted; null where it is shown.
             * @example 0.69
             */
            threshold: number | null;
            /**
             * Value
             * @description As known at the cutoff; null where there is nothing yet.
             * @example 0.63
             */
            value: number | null;
            /**
             * Verdict
             * @description `unjudged` where there are too few observations.
             * @example stable
             * @enum {string}
             */
            verdict: "stable" | "drift" | "unjudged" | "shown";
            /**
             * Words
             * @description The same in words.
             * @example wape: 0.63 against 0.6
             */
            words: string;
        };
        /**
         * Comparison
         * @description Scenarios side by side, beside what is published (`base`).
         */
        Comparison: {
            /**
             * Names
             * @description What stands side by side.
             * @example [
             *       "base",
             *       "spring-sale"
             *     ]
             */
            names: string[];
            /**
             * Rows
             * @description `node`, `lead`, `bucket_start`, and `<name>:mean`, `<name>:lower`, `<name>:upper` of each name.
             */
            rows: {
                [key: string]: unknown;
            }[];
            /**
             * Total
             * @description Rows in all.
             * @example 4
             */
            total: number;
        };
        /**
         * Conflict
         * @description An attribute of a SKU on which producers disagree.
         */
        Conflict: {
            /**
             * Attribute
             * @description The attribute.
             * @example brand
             */
            attribute: string;
            /**
             * Corrected
             * @description Whether a planner decided; then no producer wins.
             * @example false
             */
            corrected: boolean;
            /**
             * Said
             * @description Producer by producer.
             */
            said: components["schemas"]["Said"][];
            /**
             * Sku
             * @description The SKU.
             * @example 1029743
             */
            sku: string;
        };
        /**
         * Conflicts
         * @description Attributes on which producers disagree, by SKU.
         */
        Conflicts: {
            /**
             * Advice
             * @description What to do before anything can be corrected here; null where nothing is in the way.
             * @default null
             * @example name a producer with `feed: attribute_corrections`
             */
            advice: string | null;
            /**
             * Attributes
             * @description SKUs by attribute, whatever `attribute` is asked for.
             * @example {
             *       "brand": 12
             *     }
             */
            attributes: {
                [key: string]: number;
            };
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Corrections To
             * @description Producer whose file a correction becomes; null where none takes them.
             * @example planners
             */
            corrections_to: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle: as known then.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Items
             * @description Disagreements of this page.
             */
            items: components["schemas"]["Conflict"][];
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * Contribution
         * @description What a file version adds to a bucket, or is taken back of it.
         */
        Contribution: {
            /**
             * Event
             * @description landed, restored (add), corrected, replaced, superseded (take back).
             * @example landed
             */
            event: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * Known From
             * Format: date-time
             * @description From when on it counts.
             * @example 2017-12-04T10:00:00Z
             */
            known_from: string;
            /**
             * Quantity
             * @description Units; negative where taken back.
             * @example 121
             */
            quantity: number;
            /**
             * Revenue
             * @description Money.
             * @example 320.7
             */
            revenue: number;
            /**
             * Transactions
             * @description Rows.
             * @example 103
             */
            transactions: number;
        };
        /**
         * Contributions
         * @description Why the forecasts of a series are what they are.
         */
        Contributions: {
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Leads
             * @description By lead.
             */
            leads: components["schemas"]["ExplainedLead"][];
            /**
             * Series Id
             * @description The series asked for.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * Corrected
         * @description The file of corrections that lies in the landing folder.
         */
        Corrected: {
            /**
             * Bytes
             * @description Its size.
             * @example 18230
             */
            bytes: number;
            /**
             * Corrections
             * @description How many it holds.
             * @example 1
             */
            corrections: number;
            /**
             * Producer
             * @description Whose it is.
             * @example north
             */
            producer: string;
            /**
             * Replaced
             * @description Whether another file lay there, of which it is a new version.
             * @example false
             */
            replaced: boolean;
            /**
             * Sha256
             * @description Hash of its content.
             * @example 9c1f
             */
            sha256: string;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/week-50.csv
             */
            uri: string;
        };
        /**
         * CorrectionsWanted
         * @description Corrections of attributes, all or none.
         */
        CorrectionsWanted: {
            /**
             * Corrections
             * @description One per attribute.
             */
            corrections: components["schemas"]["CorrectionWanted"][];
            /**
             * Reason
             * @description Why.
             * @example as printed on the pack
             */
            reason: string;
        };
        /**
         * CorrectionWanted
         * @description What one attribute of a SKU is.
         */
        CorrectionWanted: {
            /**
             * Attribute
             * @description One of `attributes` of demand.yaml.
             * @example brand
             */
            attribute: string;
            /**
             * Sku
             * @description The SKU.
             * @example 1029743
             */
            sku: string;
            /**
             * Value
             * @description Its value, the whole list for a multi-label attribute; null says that nobody knows, whatever producers say.
             * @example National
             */
            value: string | null;
        };
        /**
         * Credentials
         * @description Who signs in.
         */
        Credentials: {
            /**
             * Password
             * Format: password
             * @description The password, or a one-time password.
             */
            password: string;
            /**
             * User
             * @description User name.
             * @example ada
             */
            user: string;
        };
        /**
         * Cycle
         * @description The cycle being served.
         */
        Cycle: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Bundle
             * @description Content hash of the bundle.
             */
            bundle: string;
            /**
             * Champion
             * @description Cycle of the model behind the network's forecasts; null when only fallbacks made them.
             * @example 2017-10-02
             */
            champion: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cutoff: first day of the first forecast bucket.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Horizon
             * @description Leads forecast.
             * @example 4
             */
            horizon: number;
            /**
             * Interval Levels
             * @description Interval levels answered by default, in percent.
             * @example [
             *       50,
             *       80,
             *       95
             *     ]
             */
            interval_levels: number[];
            /**
             * Key
             * @description Columns that identify a series.
             * @example [
             *       "sku"
             *     ]
             */
            key: string[];
            /**
             * Leads
             * @description First day of each lead's bucket.
             * @example [
             *       "2017-12-04",
             *       "2017-12-11"
             *     ]
             */
            leads: string[];
            /**
             * Loaded At
             * Format: date-time
             * @description Since when it is served.
             */
            loaded_at: string;
            /**
             * Methods
             * @description Series per method.
             * @example {
             *       "blend": 9000
             *     }
             */
            methods: {
                [key: string]: number;
            };
            /**
             * Model Versions
             * @description Series per model version.
             */
            model_versions: {
                [key: string]: number;
            };
            /** @description Why it is served although it is not the newest; null where it is. */
            pinned: components["schemas"]["Pinned"] | null;
            /**
             * Promotions
             * @description Kinds of promotion that the network reads: what scenarios and what-if can change.
             * @example [
             *       "display",
             *       "mailer"
             *     ]
             */
            promotions: string[];
            /**
             * Quantile Levels
             * @description Published quantile levels.
             * @example [
             *       0.1,
             *       0.5,
             *       0.9
             *     ]
             */
            quantile_levels: number[];
            /**
             * Regressors
             * @description Regressors whose future the network reads.
             * @example [
             *       "temperature"
             *     ]
             */
            regressors: string[];
            /**
             * Series
             * @description Series forecast.
             */
            series: number;
            /**
             * Skus
             * @description SKUs forecast.
             */
            skus: number;
        };
        /**
         * CycleCard
         * @description What a cycle is made of.
         */
        CycleCard: {
            /**
             * Bundled
             * @description Whether it has a serving bundle, so that it can be asked.
             * @example true
             */
            bundled: boolean;
            /**
             * Configuration
             * @description Hash of the configuration they were made under.
             * @default null
             * @example 3f1c9ab01d2e
             */
            configuration: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cutoff.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Explained
             * @description Whether its changes were explained.
             * @example false
             */
            explained: boolean;
            /**
             * Forecast
             * @description Whether series were forecast.
             * @example true
             */
            forecast: boolean;
            /**
             * Intervals
             * @description The contract that its intervals are under.
             */
            intervals: components["schemas"]["IntervalStanding"][];
            /**
             * Known At
             * @description What came later it did not know.
             * @default null
             * @example 2017-12-05T05:00:00Z
             */
            known_at: string | null;
            /**
             * Leaderboard
             * @description How methods did when that model was judged, by class.
             */
            leaderboard: components["schemas"]["Standing"][];
            /**
             * Lineage
             * @description Tables and artefacts by name.
             */
            lineage: components["schemas"]["TableMade"][];
            /**
             * @description The champion behind them; null where statistical methods forecast.
             * @default null
             */
            model: components["schemas"]["ModelLink"] | null;
            /**
             * @description Null before planners' numbers were taken in.
             * @default null
             */
            planner_inputs: components["schemas"]["InputsTaken"] | null;
            /**
             * Published
             * @description Whether numbers were published.
             * @example true
             */
            published: boolean;
            /**
             * Receipt
             * @description Receipt of its forecasts.
             * @default null
             * @example 3f1c9ab01d2e
             */
            receipt: string | null;
            /**
             * Scored
             * @description Whether any of it was scored.
             * @example false
             */
            scored: boolean;
            /**
             * Served
             * @description Whether it is the one in service.
             * @example true
             */
            served: boolean;
            /**
             * Trained
             * @description Whether a model was trained in it.
             * @example false
             */
            trained: boolean;
        };
        /**
         * CycleDifference
         * @description What became of the published numbers of a cycle, over all series and leads.
         */
        CycleDifference: {
            /**
             * After
             * @description Units after.
             * @example 9070
             */
            after: number;
            /**
             * Before
             * @description Units before.
             * @example 9120
             */
            before: number;
            /**
             * Changed
             * @description Those whose number differs.
             * @example 12
             */
            changed: number;
            /**
             * Cycle
             * Format: date
             * @description The cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Difference
             * @description After less before, units.
             * @example -50
             */
            difference: number;
            /**
             * Percent
             * @description The same in percent of before; null where that is 0.
             * @example -0.55
             */
            percent: number | null;
            /**
             * Series
             * @description Its series.
             * @example 240
             */
            series: number;
        };
        /**
         * Cycles
         * @description Every cycle of the lake.
         */
        Cycles: {
            /**
             * Cycles
             * @description Oldest first.
             */
            cycles: components["schemas"]["CycleState"][];
            /**
             * Dagster Url
             * @description Where runs of the asset graph can be looked at; null where DP_DAGSTER_URL is not set, and for whoever may not operate.
             * @default null
             * @example http://127.0.0.1:3000
             */
            dagster_url: string | null;
        };
        /**
         * CycleState
         * @description A cycle, and what was made of it.
         */
        CycleState: {
            /**
             * Bundled
             * @description Whether it has a serving bundle, so that it can be asked.
             * @example true
             */
            bundled: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Explained
             * @description Whether its changes were explained.
             * @example false
             */
            explained: boolean;
            /**
             * Forecast
             * @description Whether series were forecast.
             * @example true
             */
            forecast: boolean;
            /**
             * Published
             * @description Whether numbers were published.
             * @example true
             */
            published: boolean;
            /**
             * Scored
             * @description Whether any of it was scored.
             * @example false
             */
            scored: boolean;
            /**
             * Served
             * @description Whether it is the one in service.
             * @example true
             */
            served: boolean;
            /**
             * Trained
             * @description Whether a model was trained in it.
             * @example false
             */
            trained: boolean;
        };
        /**
         * DecidedTable
         * @description A table that a receipt decided.
         */
        DecidedTable: {
            /**
             * Current
             * @description Whether the cycle's partition still is that file.
             * @example true
             */
            current: boolean;
            /**
             * Location
             * @description Where that file lies, also once it is replaced; null where it is gone.
             * @default null
             * @example lake/forecasts/cycle=2017-12-04/part.parquet
             */
            location: string | null;
            /**
             * Sha256
             * @description Hash of its file as it was made.
             * @example 3f1c9ab01d2e
             */
            sha256: string;
            /**
             * Table
             * @description Table.
             * @example forecasts
             */
            table: string;
        };
        /**
         * Decision
         * @description How a proposal ended.
         */
        Decision: {
            /**
             * Approved
             * @description Whether its numbers were set; else it was rejected.
             * @example false
             */
            approved: boolean;
            /**
             * At
             * Format: date-time
             * @description When.
             * @example 2017-12-05T09:30:00Z
             */
            at: string;
            /**
             * Reason
             * @description Why it was rejected; null where it was approved.
             * @example cancelled
             */
            reason: string | null;
            /**
             * User
             * @description Who decided.
             * @example bob
             */
            user: string;
        };
        /**
         * Deleted
         * @description A scenario that is gone.
         */
        Deleted: {
            /**
             * Deleted
             * @description Its name; the ledger keeps what it was.
             * @example spring-sale
             */
            deleted: string;
        };
        /**
         * Difference
         * @description What the last recall or undo of a file version did to published numbers.
         */
        Difference: {
            /**
             * Cycles
             * @description Cycles that were published before it, oldest first.
             */
            cycles: components["schemas"]["CycleDifference"][];
            /**
             * Series
             * @description The biggest differences of all cycles, at most 20.
             */
            series: components["schemas"]["SeriesDifference"][];
        };
        /**
         * Drift
         * @description The comparisons of one cycle, by kind, name and measure.
         */
        Drift: {
            /**
             * Compared
             * @description Those asked for.
             */
            compared: components["schemas"]["Compared"][];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-10-30
             */
            cycle: string;
            /**
             * Version
             * @description Content hash of the table.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * DriftCycles
         * @description Cycles that were judged and models that were trained, the newest first.
         */
        DriftCycles: {
            /**
             * Cycles
             * @description Judged cycles.
             */
            cycles: components["schemas"]["JudgedCycle"][];
            /**
             * Retrainings
             * @description Models trained, as many as cycles are asked for at most.
             */
            retrainings: components["schemas"]["Retraining"][];
        };
        /**
         * Driver
         * @description What one driver adds to the baseline.
         */
        Driver: {
            /**
             * Contribution
             * @description Units; positive raises the forecast.
             * @example 2.4
             */
            contribution: number;
            /**
             * Detail
             * @description What it says of the bucket, in figures.
             * @example display in 60 % of stores
             */
            detail: string;
            /**
             * Driver
             * @description What the models were told: recent demand, price, …
             * @example promotion
             */
            driver: string;
        };
        /**
         * EditToMake
         * @description One wish for one node, series or SKU: units, or a change in percent.
         */
        EditToMake: {
            /**
             * Buckets
             * @description How many buckets.
             * @default 1
             * @example 3
             */
            buckets: number;
            /**
             * Comment
             * @description Why, in your words.
             * @default
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in; until its bucket is over if left out.
             * @default null
             * @example 2018-01-01
             */
            expires: string | null;
            /**
             * First
             * Format: date
             * @description First day of the first bucket.
             * @example 2017-12-11
             */
            first: string;
            /**
             * Hierarchy
             * @description Hierarchy of the node; the first one when left out.
             * @default null
             * @example product
             */
            hierarchy: string | null;
            /**
             * Lock
             * @description Holds in later cycles too, and reconciliation solves for everything else under it.
             * @default false
             * @example true
             */
            lock: boolean;
            /**
             * Node
             * @description Path of a node below the total, `total`, or the id of a series; or leave it out and name `sku`.
             * @default null
             * @example GROCERY
             */
            node: string | null;
            /**
             * Percent
             * @description Change in percent of what reconciliation says.
             * @default null
             * @example 5
             */
            percent: number | null;
            /**
             * Quantity
             * @description Units in each bucket; or leave it out and give `percent`.
             * @default null
             */
            quantity: number | null;
            /**
             * Reason Code
             * @description Why: one of `planning.reason_codes`.
             * @example promotion
             */
            reason_code: string;
            /**
             * Sku
             * @description A SKU; of one with several series, each is changed by `percent`.
             * @default null
             */
            sku: string | null;
            /**
             * Split
             * @description How the series below share an override: `forecast`, `history`, or a key of `reconciliation.keys`.
             * @default forecast
             * @example forecast
             */
            split: string;
        };
        /**
         * Effect
         * @description What an edit does to a node or series, over the buckets edited.
         */
        Effect: {
            /**
             * After
             * @description Units that would be published.
             * @example 3750
             */
            after: number;
            /**
             * Before
             * @description Units published now.
             * @example 3571.5
             */
            before: number;
            /**
             * Difference
             * @description Units more.
             * @example 178.5
             */
            difference: number;
            /**
             * Hierarchy
             * @description Hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * Level
             * @description `total`, a level, or `series`.
             * @example department
             */
            level: string;
            /**
             * Node
             * @description Path of the node, or id of the series.
             * @example GROCERY
             */
            node: string;
        };
        /**
         * ExplainedLead
         * @description Why the forecast of one bucket is what it is.
         */
        ExplainedLead: {
            /**
             * Baseline
             * @description Forecast at the series' mean level, nothing going on.
             * @example 4.7
             */
            baseline: number;
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Drivers
             * @description By name.
             */
            drivers: components["schemas"]["Driver"][];
            /**
             * Forecast
             * @description Mean of the models: baseline + all contributions.
             * @example 7.1
             */
            forecast: number;
            /**
             * Lead
             * @description Buckets ahead.
             * @example 1
             */
            lead: number;
        };
        /**
         * FeaturesLink
         * @description The cycle's panel.
         */
        FeaturesLink: {
            /**
             * Channels
             * @description Newest values of the past, those of the forecast bucket ahead.
             */
            channels: components["schemas"]["Channel"][];
            /**
             * First Bucket
             * @description First of them.
             * @default null
             * @example 2017-01-02
             */
            first_bucket: string | null;
            /**
             * History Buckets
             * @description Buckets of history; null where it is gone.
             * @default null
             * @example 48
             */
            history_buckets: number | null;
            /** @description Artefact `features`. */
            source: components["schemas"]["SourceOfLink"];
        };
        /**
         * FileCard
         * @description Everything that is known of a file version.
         */
        FileCard: {
            /** @description Where its bytes are kept. */
            archive: components["schemas"]["Archive"];
            /**
             * Archived
             * @description Whether they are there.
             * @example true
             */
            archived: boolean;
            /**
             * Arrived At
             * Format: date-time
             * @description From when on it counts.
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string;
            /**
             * Buckets
             * @description Buckets that its rows fall into.
             * @example [
             *       "2017-11-27"
             *     ]
             */
            buckets: string[];
            /**
             * Bytes
             * @description Size.
             * @example 204800
             */
            bytes: number;
            /**
             * Content Sha256
             * @description Hash of its bytes.
             * @example 3f1c9ab01d2e
             */
            content_sha256: string;
            /**
             * Events
             * @description What people and gates did to it, oldest first.
             */
            events: components["schemas"]["FileTold"][];
            /**
             * Feed
             * @description What it holds.
             * @example transactions
             */
            feed: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * @description Null while it waits.
             * @default null
             */
            ledger: components["schemas"]["FileLedger"] | null;
            /**
             * @description The run that read it; null where runs were not noted yet.
             * @default null
             */
            made: components["schemas"]["MadeBy"] | null;
            /**
             * Modified At
             * Format: date-time
             * @description Modification time of the object.
             * @example 2017-12-04T10:00:00Z
             */
            modified_at: string;
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /**
             * Quality
             * @description The quality report, what stands out first.
             */
            quality: components["schemas"]["Judged"][];
            /**
             * @description Null while it waits.
             * @default null
             */
            read_as: components["schemas"]["ReadAs"] | null;
            /**
             * Reason
             * @description Why it waits, or counts for nothing.
             * @default null
             * @example columns are missing
             */
            reason: string | null;
            /**
             * Rejected Rows
             * @description The first of them.
             */
            rejected_rows: components["schemas"]["RejectedRow"][];
            /**
             * Rejected Total
             * @description Rejected rows that are meant.
             * @example 59
             */
            rejected_total: number;
            /**
             * @description Null while it waits.
             * @default null
             */
            rows: components["schemas"]["RowsOf"] | null;
            /**
             * Schema Drift
             * @description Columns that differ from earlier files.
             * @default null
             * @example []
             */
            schema_drift: unknown[] | null;
            /**
             * State
             * @description waiting, accepted, superseded, duplicate, quarantined or recalled.
             * @example accepted
             */
            state: string;
            /**
             * Superseded By
             * @description Version that replaces it.
             * @default null
             * @example north-9f8e
             */
            superseded_by: string | null;
            /**
             * Supersedes
             * @description Version of the same path that it replaces.
             * @default null
             * @example north-1b2c
             */
            supersedes: string | null;
            /**
             * Tables
             * @description Table → hash of its file.
             * @example {
             *       "unified_transactions": "3f1c9ab01d2e"
             *     }
             */
            tables: {
                [key: string]: string;
            };
            /**
             * @description Null while it waits.
             * @default null
             */
            units: components["schemas"]["UnitsOf"] | null;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/2017-W48.csv
             */
            uri: string;
        };
        /**
         * FileLedger
         * @description What became of rows, and what other files took back.
         */
        FileLedger: {
            /**
             * Rejected By
             * @description Most rows first.
             */
            rejected_by: components["schemas"]["RejectedBy"][];
            /**
             * Rows Withdrawn
             * @description Accepted rows that other files took back.
             * @example 0
             */
            rows_withdrawn: number;
            /**
             * Superseded From
             * @description When it was replaced.
             * @default null
             * @example 2017-12-11T10:00:00Z
             */
            superseded_from: string | null;
            /**
             * Units Withdrawn
             * @description Their units.
             * @example 0
             */
            units_withdrawn: number;
            /**
             * Withdrawn By
             * @description Compensating rows: file_version_id, event, known_from, rows, units.
             * @example []
             */
            withdrawn_by: {
                [key: string]: unknown;
            }[];
        };
        /**
         * FileLink
         * @description A file version behind the buckets shown.
         */
        FileLink: {
            /** @description Where its bytes are kept. */
            archive: components["schemas"]["Archive"];
            /**
             * Archived
             * @description Whether they are there.
             * @example true
             */
            archived: boolean;
            /**
             * Arrived At
             * Format: date-time
             * @description From when on it counts.
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string;
            /**
             * Content Sha256
             * @description Hash of its bytes.
             * @example 3f1c9ab01d2e
             */
            content_sha256: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * @description The run that read it.
             * @default null
             */
            made: components["schemas"]["MadeBy"] | null;
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /**
             * Recalled
             * @description Whether somebody took it back.
             * @example false
             */
            recalled: boolean;
            /**
             * Rows Sha256
             * @description Hash of its partition of `unified_transactions`.
             * @default null
             * @example 3f1c9ab01d2e
             */
            rows_sha256: string | null;
            /**
             * Status
             * @description accepted, duplicate, quarantined; null while read.
             * @default null
             * @example accepted
             */
            status: string | null;
            /**
             * Supersedes
             * @description Version of the same path that it replaces.
             * @default null
             * @example north-1b2c
             */
            supersedes: string | null;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/2017-W48.csv
             */
            uri: string;
        };
        /**
         * FileRow
         * @description An accepted row of a file.
         */
        FileRow: {
            /**
             * Counts
             * @description Rows of the file that counted here for the cycle; later files may have taken some or all back.
             * @example all
             * @enum {string}
             */
            counts: "all" | "some" | "none";
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * Known
             * @description Whether the cycle knew the file.
             * @example true
             */
            known: boolean;
            /**
             * Quantity
             * @description Units.
             * @example 2
             */
            quantity: number;
            /**
             * Recalled
             * @description Whether the file was recalled.
             * @example false
             */
            recalled: boolean;
            /**
             * Revenue
             * @description Money.
             * @default null
             * @example 5.38
             */
            revenue: number | null;
            /**
             * Row Number
             * @description Number of the row in its file.
             * @example 4711
             */
            row_number: number;
            /**
             * Sold At
             * Format: date-time
             * @description Moment of the sale.
             * @example 2017-11-28T15:04:00Z
             */
            sold_at: string;
            /**
             * Transaction Id
             * @description The producer's own id of the sale.
             * @default null
             * @example 31198570547
             */
            transaction_id: string | null;
            /**
             * Unit Price
             * @description Price as delivered.
             * @default null
             * @example 2.69
             */
            unit_price: number | null;
        };
        /**
         * FilesPage
         * @description File versions, the last to arrive first.
         */
        FilesPage: {
            /**
             * Files
             * @description Of this page.
             */
            files: components["schemas"]["FileVersion"][];
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @default null
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Producers
             * @description Producer → state → file versions, whatever is listed.
             * @example {
             *       "north": {
             *         "accepted": 48
             *       }
             *     }
             */
            producers: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /**
             * Total
             * @description File versions of all pages.
             * @example 195
             */
            total: number;
        };
        /**
         * FileTold
         * @description What somebody did to a file version.
         */
        FileTold: {
            /**
             * Arrived At
             * @description Arrival that was declared.
             * @default null
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string | null;
            /**
             * At
             * Format: date-time
             * @description When.
             * @example 2017-12-05T09:00:00Z
             */
            at: string;
            /**
             * By
             * @description Who; `quality gate` for a gate.
             * @example ann
             */
            by: string;
            /**
             * Event
             * @description recall, undo or backdate.
             * @example recall
             */
            event: string;
            /**
             * Reason
             * @description Why.
             * @example till 4 counted twice
             */
            reason: string;
        };
        /**
         * FileVersion
         * @description A version of a producer's file.
         */
        FileVersion: {
            /**
             * Arrived At
             * Format: date-time
             * @description From when on it counts.
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string;
            /**
             * Bytes
             * @description Size.
             * @example 204800
             */
            bytes: number;
            /**
             * Content Sha256
             * @description Hash of its bytes.
             * @example 3f1c9ab01d2e
             */
            content_sha256: string;
            /**
             * Feed
             * @description What it holds.
             * @example transactions
             */
            feed: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /**
             * Reason
             * @description Why it waits, or counts for nothing.
             * @default null
             * @example columns are missing
             */
            reason: string | null;
            /**
             * @description Null while it waits.
             * @default null
             */
            rows: components["schemas"]["RowsOf"] | null;
            /**
             * State
             * @description waiting, accepted, superseded, duplicate, quarantined or recalled.
             * @example accepted
             */
            state: string;
            /**
             * Superseded By
             * @description Version that replaces it.
             * @default null
             * @example north-9f8e
             */
            superseded_by: string | null;
            /**
             * Supersedes
             * @description Version of the same path that it replaces.
             * @default null
             * @example north-1b2c
             */
            supersedes: string | null;
            /**
             * @description Null while it waits.
             * @default null
             */
            units: components["schemas"]["UnitsOf"] | null;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/2017-W48.csv
             */
            uri: string;
        };
        /**
         * ForecastLink
         * @description The forecast before reconciliation.
         */
        ForecastLink: {
            /**
             * Agrees
             * @description Whether it is what the published row was made of; not where a cycle is half made again.
             * @example true
             */
            agrees: boolean;
            /**
             * Forecast
             * @description Mean, units.
             * @example 211.8
             */
            forecast: number;
            /**
             * Median
             * @description Median, units.
             * @example 229
             */
            median: number;
            /**
             * Method
             * @description What made it.
             * @example blend
             */
            method: string;
            /**
             * Model Version
             * @description Model's cycle and hashes.
             * @example 2017-10-02+768eefe542ac
             */
            model_version: string;
            /**
             * Naive
             * @description Mean of the last 8 buckets, units.
             * @example 248.1
             */
            naive: number;
            /**
             * Receipt
             * @description Its receipt.
             * @example 3f1c9ab01d2e
             */
            receipt: string;
            /**
             * @description Row of `forecasts`.
             * @default null
             */
            source: components["schemas"]["SourceOfLink"] | null;
        };
        /**
         * GroupAdded
         * @description What the steps did to the error of one group at one lead.
         */
        GroupAdded: {
            /**
             * Actual
             * @description Units sold.
             * @example 1980
             */
            actual: number;
            /** @description What each step saved. */
            added: components["schemas"]["StepsAdded"];
            /** @description Error after each step. */
            errors: components["schemas"]["StepErrors"];
            /**
             * Grouping
             * @description `all`, a level of a hierarchy, `user` or `reason_code` (rows that planners changed).
             * @example user
             */
            grouping: string;
            /**
             * Lead
             * @description Buckets ahead; 0 pools all closed leads.
             * @example 0
             */
            lead: number;
            /**
             * Name
             * @description The node, planner or reason.
             * @example ada
             */
            name: string;
            /**
             * Observations
             * @description Series × leads scored.
             * @example 240
             */
            observations: number;
        };
        /**
         * Health
         * @description Liveness; to readers also what is being served.
         */
        Health: {
            /**
             * Bundle
             * @description Content hash of the bundle being served.
             * @default null
             * @example 3f1c9a
             */
            bundle: string | null;
            /**
             * Cycle
             * @description Cycle being served; null before the first bundle.
             * @default null
             * @example 2017-12-04
             */
            cycle: string | null;
            /**
             * Loaded At
             * @description Since when it is served.
             * @default null
             */
            loaded_at: string | null;
            /**
             * @description Why something else than the newest bundle is served; null where it is.
             * @default null
             */
            pinned: components["schemas"]["Pinned"] | null;
            /**
             * Planning Database
             * @description away while users and keys cannot be looked up: known readers read on, and nothing can be changed.
             * @default answers
             * @enum {string}
             */
            planning_database: "answers" | "away";
            /**
             * Problem
             * @description Why a newer bundle in the lake is not being served.
             * @default null
             */
            problem: string | null;
            /**
             * Ready
             * @description Whether forecasts can be served.
             */
            ready: boolean;
            /**
             * Status
             * @description The process answers.
             * @constant
             */
            status: "ok";
        };
        /**
         * Hierarchies
         * @description The hierarchies of a cycle.
         */
        Hierarchies: {
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchies
             * @description As configured; the first is meant where none is named.
             */
            hierarchies: components["schemas"]["HierarchyAnswer"][];
        };
        /**
         * HierarchyAnswer
         * @description One hierarchy.
         */
        HierarchyAnswer: {
            /**
             * Levels
             * @description From the total down to the series.
             */
            levels: components["schemas"]["Level"][];
            /**
             * Name
             * @description Name of the hierarchy.
             * @example product
             */
            name: string;
        };
        /**
         * HistoryLink
         * @description A bucket of the series' history.
         */
        HistoryLink: {
            /**
             * Agrees
             * @description Whether both are one number; not where files changed the past and the cycle was not made again.
             * @example true
             */
            agrees: boolean;
            /**
             * Bucket Start
             * Format: date
             * @description First day.
             * @example 2017-11-27
             */
            bucket_start: string;
            /**
             * Known
             * @description Contributions that the cycle knew.
             */
            known: components["schemas"]["Contribution"][];
            /**
             * Recalled
             * @description File versions with rows here that were recalled and count for nothing.
             */
            recalled: string[];
            /**
             * Seen
             * @description Units in the cycle's panel.
             * @default null
             * @example 320
             */
            seen: number | null;
            /**
             * @description Partition of `weekly_buckets`; null where nobody sold anything.
             * @default null
             */
            source: components["schemas"]["SourceOfLink"] | null;
            /**
             * Units
             * @description Sum of what the cycle knew.
             * @example 320
             */
            units: number;
            /**
             * Unknown
             * @description Those known later only, which it left out.
             */
            unknown: components["schemas"]["Contribution"][];
        };
        /**
         * InputsTaken
         * @description How far planners' numbers are in a cycle.
         */
        InputsTaken: {
            /**
             * Last Change
             * @description Row of the ledger that last set or ended a number.
             * @example 12
             */
            last_change: number;
            /**
             * Ledger Hash
             * @description Hash of that row; `dp plan verify` compares it.
             * @example 3f1c9ab01d2e
             */
            ledger_hash: string;
            /**
             * Ledger Sequence
             * @description End of the ledger once that change was entered.
             * @example 12
             */
            ledger_sequence: number;
        };
        /**
         * Interval
         * @description A central prediction interval.
         */
        Interval: {
            /**
             * Basis
             * @description `published`: as published; `interpolated`: between published quantiles, linear in the normal score of the quantile level; `extrapolated`: beyond the outermost published one, on the slope of the last two. Of an interval, the worse of both ends.
             * @example published
             * @enum {string}
             */
            basis: "published" | "interpolated" | "extrapolated";
            /**
             * Level
             * @description Share of outcomes expected inside, in percent.
             * @example 80
             */
            level: number;
            /**
             * Lower
             * @description Lower end, units per bucket.
             * @example 3
             */
            lower: number;
            /**
             * Upper
             * @description Upper end, units per bucket.
             * @example 11.5
             */
            upper: number;
        };
        /**
         * IntervalStanding
         * @description How intervals of earlier cycles kept their promise, and what follows for this one.
         */
        IntervalStanding: {
            /**
             * Coverage
             * @description Share of what was sold that lay inside.
             * @default null
             * @example 0.81
             */
            coverage: number | null;
            /**
             * Cycles
             * @description Earlier cycles looked at.
             * @example 6
             */
            cycles: number;
            /**
             * Demand Class
             * @description Demand class.
             * @example smooth
             */
            demand_class: string;
            /**
             * High
             * @description Most coverage allowed.
             * @example 0.9
             */
            high: number;
            /**
             * Level
             * @description Interval, percent.
             * @example 80
             */
            level: number;
            /**
             * Low
             * @description Least coverage allowed.
             * @example 0.7
             */
            low: number;
            /**
             * Observations
             * @description Their forecasts whose buckets had closed.
             * @example 4000
             */
            observations: number;
            /**
             * Verdict
             * @description holds, too wide, widened, blocked, too narrow or unjudged.
             * @example holds
             */
            verdict: string;
        };
        /**
         * Judged
         * @description One measure of data quality, and the verdict of its gate.
         */
        Judged: {
            /**
             * Compared With
             * @description Earlier files, or days of the same weekday.
             * @example 31
             */
            compared_with: number;
            /**
             * Detail
             * @description What stands out.
             * @default null
             * @example S9, S10 never seen before
             */
            detail: string | null;
            /**
             * Expected
             * @description Median of what it is compared with.
             * @default null
             * @example 370
             */
            expected: number | null;
            /**
             * Measure
             * @description Measure, as under `quality.gates`.
             * @example day_rows
             */
            measure: string;
            /**
             * Score
             * @description What the gate judges.
             * @default null
             * @example 0.96
             */
            score: number | null;
            /**
             * Subject
             * @description `file`, a column, or a business date.
             * @example 2017-11-28
             */
            subject: string;
            /**
             * Value
             * @description The measure.
             * @default null
             * @example 481
             */
            value: number | null;
            /**
             * Verdict
             * @description block, warn, ok or unjudged.
             * @example ok
             */
            verdict: string;
        };
        /**
         * JudgedCycle
         * @description What the drift of one cycle came to, and the champion's error in it.
         */
        JudgedCycle: {
            /**
             * Backtest
             * @description Of its backtest, which it is compared with.
             * @example 0.6
             */
            backtest: number | null;
            /**
             * Cause
             * @description Why, in words; empty without drift.
             * @example wape: 0.7 against 0.6
             */
            cause: string;
            /**
             * Champion
             * @description Version of the model that was judged.
             * @example 2017-10-02+c41d
             */
            champion: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-10-30
             */
            cycle: string;
            /**
             * Error
             * @description Of the champion's newest closed forecasts.
             * @example 0.63
             */
            error: number | null;
            /**
             * Kinds
             * @description Kinds that ask for a retraining.
             * @example [
             *       "metric"
             *     ]
             */
            kinds: ("metric" | "coverage" | "channels" | "attributes" | "estimate")[];
            /**
             * Limit
             * @description Error above which a retraining is asked for.
             * @example 0.69
             */
            limit: number | null;
            /**
             * Metric
             * @description What errors are measured by; null where there are none.
             * @example wape
             */
            metric: string | null;
            /**
             * Naive
             * @description Of the naive forecast of the same buckets.
             * @example 0.74
             */
            naive: number | null;
            /**
             * Verdict
             * @description `drift` asks for a retraining; `unjudged` where there is too little.
             * @example stable
             * @enum {string}
             */
            verdict: "stable" | "drift" | "unjudged";
        };
        /**
         * KeptBundle
         * @description A bundle that can be rolled back to.
         */
        KeptBundle: {
            /**
             * Bundle
             * @description Its content hash.
             */
            bundle: string;
            /**
             * Can Be Served
             * @description Whether this version of the API reads its format.
             */
            can_be_served: boolean;
            /**
             * Cycle
             * Format: date
             * @description Its cycle.
             */
            cycle: string;
            /**
             * Is Newest
             * @description Whether it is what its cycle has now, and not an earlier version of it.
             */
            is_newest: boolean;
            /**
             * Is Served
             * @description Whether it is to be served now.
             */
            is_served: boolean;
            /**
             * Written At
             * Format: date-time
             * @description When it was written.
             */
            written_at: string;
        };
        /**
         * KeptBundles
         * @description Bundles that are kept, the newest cycle first.
         */
        KeptBundles: {
            /** Bundles */
            bundles: components["schemas"]["KeptBundle"][];
        };
        /**
         * KeyMade
         * @description A key that was made now.
         */
        KeyMade: {
            /**
             * Expires At
             * Format: date-time
             * @description From then on it is refused.
             * @example 2018-03-05T12:00:00Z
             */
            expires_at: string;
            /**
             * Key
             * @description What is shown to the API. Told once, and kept nowhere: null when the same request is asked again.
             * @example dp_k3m9q2xw_…
             */
            key: string | null;
            /**
             * Permissions
             * @description What it may at most.
             * @example [
             *       "read"
             *     ]
             */
            permissions: string[];
            /**
             * Prefix
             * @description What names it: the part between `dp_` and the next `_`.
             * @example k3m9q2xw
             */
            prefix: string;
            /**
             * Purpose
             * @description What it is for.
             * @example dashboard
             */
            purpose: string;
            /**
             * State
             * @description Whether it is let in.
             * @example holds
             * @enum {string}
             */
            state: "holds" | "expired" | "revoked";
            /**
             * User
             * @description Whose it is.
             * @example shop
             */
            user: string;
        };
        /**
         * Keys
         * @description Keys of all users.
         */
        Keys: {
            /**
             * Keys
             * @description By user and prefix.
             */
            keys: components["schemas"]["ApiKey"][];
        };
        /**
         * LeadForecast
         * @description The forecast of one bucket of one series.
         */
        LeadForecast: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Intervals
             * @description One per level asked for, in that order.
             */
            intervals: components["schemas"]["Interval"][];
            /**
             * Lead
             * @description Buckets ahead; 1 is the first bucket of the cycle.
             * @example 1
             */
            lead: number;
            /**
             * Mean
             * @description Mean, units per bucket; it adds up over series and buckets.
             * @example 7.1
             */
            mean: number;
            /**
             * Median
             * @description Median, units per bucket; best where single errors count.
             * @example 6
             */
            median: number;
            /**
             * Method
             * @description `lstm`, `blend` (with boosting), or the fallback that made it.
             * @example blend
             */
            method: string;
            /**
             * Model Version
             * @description Cycle of the model and the hash of its weights; the library for fallbacks.
             * @example 2017-10-02+3f1c9ab01d2e
             */
            model_version: string;
            /**
             * Naive
             * @description Mean of the last 8 buckets, for comparison, units per bucket.
             * @example 5.9
             */
            naive: number;
            /**
             * Overridden
             * @description Whether a planner's number made `published` what it is.
             * @example false
             */
            overridden: boolean;
            /** @description Who overrode it and why; null where nobody did. */
            override: components["schemas"]["Override"] | null;
            /**
             * Published
             * @description The number of record: the mean after reconciliation and planners' overrides, units per bucket.
             * @example 7.3
             */
            published: number;
            /**
             * Quantiles
             * @description One per quantile level asked for, in that order; none unless asked for.
             */
            quantiles: components["schemas"]["Quantile"][];
            /**
             * Receipt
             * @description Hash over inputs, model, configuration and code of the batch run that made it.
             * @example 9c1f
             */
            receipt: string;
        };
        /**
         * Ledger
         * @description Rows of the audit ledger, the newest first.
         */
        Ledger: {
            /**
             * Actions
             * @description What was ever done, for `action`.
             * @example [
             *       "publish",
             *       "set"
             *     ]
             */
            actions: string[];
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Rows
             * @description Rows of this page.
             */
            rows: components["schemas"]["LedgerRow"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * LedgerLink
         * @description What the audit ledger says of a planner's number.
         */
        LedgerLink: {
            /**
             * Approval Sequence
             * @description Row of the approval.
             * @default null
             * @example 11
             */
            approval_sequence: number | null;
            /**
             * Approved At
             * @description When.
             * @default null
             * @example 2017-12-05T10:00:00Z
             */
            approved_at: string | null;
            /**
             * Approved By
             * @description Who approved it; null where none was needed.
             * @default null
             * @example bob
             */
            approved_by: string | null;
            /**
             * Comment
             * @description The planner's words.
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Hash
             * @description Hash of the row.
             * @example 3f1c9ab01d2e
             */
            hash: string;
            /**
             * Sequence
             * @description Row of the ledger.
             * @example 12
             */
            sequence: number;
            /**
             * Set At
             * Format: date-time
             * @description When it was set.
             * @example 2017-12-05T09:12:00Z
             */
            set_at: string;
        };
        /**
         * LedgerRow
         * @description What somebody did.
         */
        LedgerRow: {
            /**
             * Action
             * @description What was done.
             * @example set
             */
            action: string;
            /**
             * After
             * @description What it became; null where the ledger says nothing of it.
             * @example {
             *       "quantity": 120.5
             *     }
             */
            after: {
                [key: string]: unknown;
            } | null;
            /**
             * At
             * Format: date-time
             * @description When.
             * @example 2017-12-05T12:00:00Z
             */
            at: string;
            /**
             * Before
             * @description What it was; null where the ledger says nothing of it.
             * @example {
             *       "quantity": 90
             *     }
             */
            before: {
                [key: string]: unknown;
            } | null;
            /**
             * Is Cut
             * @description Whether `before` and `after` are left out because they are longer than 64 KiB.
             * @example false
             */
            is_cut: boolean;
            /**
             * Number
             * @description Its place in the ledger.
             * @example 12
             */
            number: number;
            /**
             * Subject
             * @description To what.
             * @example product:GROCERY @ 2017-12-11
             */
            subject: string;
            /**
             * User
             * @description Who.
             * @example ada
             */
            user: string;
        };
        /**
         * Level
         * @description One level of a hierarchy.
         */
        Level: {
            /**
             * Level
             * @description Name of the level.
             * @example category
             */
            level: string;
            /**
             * Nodes
             * @description Nodes on it.
             * @example 12
             */
            nodes: number;
        };
        /**
         * MadeBy
         * @description The run that wrote a content first.
         */
        MadeBy: {
            /**
             * At
             * Format: date-time
             * @description When it was written.
             * @example 2017-12-05T06:00:00Z
             */
            at: string;
            /**
             * By
             * @description Its name, or who asked; null where unknown.
             * @default null
             * @example closed_bucket_sensor
             */
            by: string | null;
            /**
             * Cause
             * @description Why, in words.
             * @default null
             * @example cycles without forecasts
             */
            cause: string | null;
            /**
             * Code
             * @description Code revision that ran.
             * @example 2f417ac1
             */
            code: string;
            /**
             * Configuration
             * @description Hash of the configuration.
             * @example 3f1c9ab01d2e
             */
            configuration: string;
            /**
             * Job
             * @description Its job.
             * @example weekly_cycle
             */
            job: string;
            /**
             * Run Id
             * @description Dagster run.
             * @example 8e3c0a1d
             */
            run_id: string;
            /**
             * Trigger
             * @description sensor, schedule, backfill, automation, command line, api, or user (started in the web UI).
             * @example sensor
             */
            trigger: string;
        };
        /**
         * ManySkus
         * @description The same question about many SKUs.
         */
        ManySkus: {
            /**
             * As Of
             * @description A day in place of a cycle: the newest cycle answers that was known when this day began, in the business time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it is that cycle as it stands, planners' numbers and recalls since included.
             * @default null
             * @example 2017-11-20
             */
            as_of: string | null;
            /**
             * Cycle
             * @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer.
             * @default null
             * @example 2017-12-04
             */
            cycle: string | null;
            /**
             * Horizon
             * @description Leads to return; all when left out.
             * @default null
             * @example 4
             */
            horizon: number | null;
            /**
             * Leads
             * @description Leads to return instead of `horizon`; answered in ascending order.
             * @default null
             * @example [
             *       1,
             *       4
             *     ]
             */
            leads: number[] | null;
            /**
             * Levels
             * @description Interval levels in percent; the configuration's if left out.
             * @default null
             * @example [
             *       50,
             *       80
             *     ]
             */
            levels: number[] | null;
            /**
             * Quantiles
             * @description Quantile levels, above 0 and below 1.
             * @example [
             *       0.1,
             *       0.9
             *     ]
             */
            quantiles?: number[];
            /**
             * Skus
             * @description SKUs, answered in this order; one that stands twice is answered once.
             * @example [
             *       "1029743",
             *       "1106523"
             *     ]
             */
            skus: string[];
        };
        /**
         * Mark
         * @description What planners said of an exception.
         */
        Mark: {
            /**
             * Assigned To
             * @description Who is to look at it; null is nobody in particular.
             * @example bob
             */
            assigned_to: string | null;
            /**
             * At
             * Format: date-time
             * @description When.
             * @example 2017-12-05T09:30:00Z
             */
            at: string;
            /**
             * By
             * @description Who set the mark.
             * @example ada
             */
            by: string;
            /**
             * Note
             * @description In words.
             * @example after the promotion
             */
            note: string;
            /**
             * Number
             * @description What identifies it: its row in the ledger.
             * @example 31
             */
            number: number;
            /**
             * State
             * @description Why it is set aside in this cycle; null where it is not, or no longer.
             * @example snoozed
             */
            state: ("accepted" | "snoozed") | null;
            /**
             * Until
             * @description The first cycle from this day on shows it again; null unless it is snoozed.
             * @example 2018-01-01
             */
            until: string | null;
        };
        /**
         * MarksSet
         * @description Marks as they stand now.
         */
        MarksSet: {
            /**
             * Cycle
             * Format: date
             * @description The cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Marks
             * @description In the order in which they were asked for.
             */
            marks: components["schemas"]["Mark"][];
        };
        /**
         * MarksToSet
         * @description Marks of exceptions of the cycle in service: all of them are set, or none.
         */
        MarksToSet: {
            /**
             * Cycle
             * @description The cycle that was looked at; refused where another one is served by now.
             * @default null
             * @example 2017-12-04
             */
            cycle: string | null;
            /**
             * Marks
             * @description One for each exception.
             */
            marks: components["schemas"]["MarkToSet"][];
        };
        /**
         * MarkToSet
         * @description All that a mark is to say. One without state, assignee and note takes it back.
         */
        MarkToSet: {
            /**
             * Assigned To
             * @description Who is to look at it, by name; also later. Somebody who is let in and plans all of it.
             * @default null
             * @example bob
             */
            assigned_to: string | null;
            /**
             * Hierarchy
             * @description As the worklist names it.
             * @example product
             */
            hierarchy: string;
            /**
             * Level
             * @description As the worklist names it.
             * @example series
             */
            level: string;
            /**
             * Node
             * @description As the worklist names it.
             * @example 1029743
             */
            node: string;
            /**
             * Note
             * @description In words.
             * @default
             * @example after the promotion
             */
            note: string;
            /**
             * Replaces
             * @description `number` of the mark that was looked at; null where none was.
             * @default null
             * @example 31
             */
            replaces: number | null;
            /**
             * Rule
             * @description As the worklist names it.
             * @example biased
             */
            rule: string;
            /**
             * State
             * @description `accepted` sets it aside in this cycle, `snoozed` until a day; null does not.
             * @default null
             * @example snoozed
             */
            state: ("accepted" | "snoozed") | null;
            /**
             * Until
             * @description Of what is snoozed: the first cycle from this day on shows it again. After the cycle.
             * @default null
             * @example 2018-01-01
             */
            until: string | null;
        };
        /**
         * ModelLink
         * @description The model behind the cycle's forecasts; the method says whether it made this one.
         */
        ModelLink: {
            /**
             * Boosting
             * @description Hash of the trees mixed with it.
             * @default null
             * @example 3f1c9ab01d2e
             */
            boosting: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cycle that it was trained in.
             * @example 2017-10-02
             */
            cycle: string;
            /**
             * Encoders
             * @description Hash of vocabularies and scalers.
             * @example 3f1c9ab01d2e
             */
            encoders: string;
            /**
             * Epochs
             * @description Epochs of the final fit.
             * @default null
             * @example 9
             */
            epochs: number | null;
            /**
             * Hyper
             * @description Hyper-parameters.
             * @default null
             * @example {
             *       "hidden_size": 64
             *     }
             */
            hyper: {
                [key: string]: number | string;
            } | null;
            /**
             * Metrics
             * @description Held-out loss in both modes, counts.
             * @default null
             * @example {
             *       "held_out_point_loss": 5.3
             *     }
             */
            metrics: {
                [key: string]: number | null;
            } | null;
            /**
             * Revision
             * @description Code revision that trained it.
             * @default null
             * @example 2f417ac1
             */
            revision: string | null;
            /**
             * Seed
             * @description Seed.
             * @default null
             * @example 20170102
             */
            seed: number | null;
            /** @description Artefact `tuned_model`. */
            source: components["schemas"]["SourceOfLink"];
            /**
             * Trained On
             * @description Hash of the panel it was trained on.
             * @example 3f1c9ab01d2e
             */
            trained_on: string;
            /**
             * Trial
             * @description Trial of the study that found its hyper-parameters.
             * @default null
             * @example 7
             */
            trial: number | null;
            /**
             * Weights
             * @description Hash of the network's weights.
             * @example 3f1c9ab01d2e
             */
            weights: string;
            /**
             * @description Buckets of that panel.
             * @default null
             */
            window: components["schemas"]["TrainingWindow"] | null;
        };
        /**
         * Newcomer
         * @description A product that nobody has sold yet.
         */
        Newcomer: {
            /**
             * Attributes
             * @description Attribute or key column of the series → value. What is left out, and values that no series has, are not known: the family is then looked for further up.
             * @example {
             *       "brand": "National",
             *       "department": "GROCERY"
             *     }
             */
            attributes: {
                [key: string]: string | null;
            };
            /**
             * Cycle
             * @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer.
             * @default null
             * @example 2017-12-04
             */
            cycle: string | null;
            /**
             * Horizon
             * @description Leads to return; all when left out.
             * @default null
             * @example 4
             */
            horizon: number | null;
            /**
             * Leads
             * @description Leads to return instead of `horizon`.
             * @default null
             * @example [
             *       1,
             *       4
             *     ]
             */
            leads: number[] | null;
            /**
             * Levels
             * @description Interval levels in percent.
             * @default null
             * @example [
             *       50,
             *       80
             *     ]
             */
            levels: number[] | null;
            /**
             * Quantiles
             * @description Quantile levels.
             * @example [
             *       0.1,
             *       0.9
             *     ]
             */
            quantiles?: number[];
        };
        /**
         * NewcomerForecast
         * @description What a new product would be forecast.
         */
        NewcomerForecast: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Horizon
             * @description The last lead returned.
             * @example 4
             */
            horizon: number;
            /**
             * Interval Method
             * @description Errors of the model's forecasts of like size; those of a new product may well be larger.
             * @example empirical
             * @constant
             */
            interval_method: "empirical";
            /**
             * Leads
             * @description Ascending.
             */
            leads: components["schemas"]["NewcomerLead"][];
            /**
             * Method
             * @description The mean of its family's younger members, times the growth that the family is forecast to have.
             * @example analogue
             * @constant
             */
            method: "analogue";
        };
        /**
         * NewcomerLead
         * @description The forecast of one bucket, counted from a launch on the first day of the cycle.
         */
        NewcomerLead: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Intervals
             * @description One per level asked for.
             */
            intervals: components["schemas"]["Interval"][];
            /**
             * Lead
             * @description Buckets ahead.
             * @example 1
             */
            lead: number;
            /**
             * Mean
             * @description Mean, units per bucket.
             * @example 7.1
             */
            mean: number;
            /**
             * Median
             * @description Median, units per bucket.
             * @example 6
             */
            median: number;
            /**
             * Quantiles
             * @description One per quantile level asked for.
             */
            quantiles: components["schemas"]["Quantile"][];
        };
        /**
         * NewKey
         * @description A key that is wanted.
         */
        NewKey: {
            /**
             * Days
             * @description After so many days it is refused.
             * @default 90
             * @example 90
             */
            days: number;
            /**
             * Permissions
             * @description At most this, of read, plan, operate and administer; all that the user may when left out.
             * @default null
             * @example [
             *       "read"
             *     ]
             */
            permissions: string[] | null;
            /**
             * Purpose
             * @description What it is for.
             * @example dashboard
             */
            purpose: string;
            /**
             * User
             * @description Whose it is; it may at most what they may.
             * @example shop
             */
            user: string;
        };
        /**
         * NewUser
         * @description Somebody who may ask the API from now on.
         */
        NewUser: {
            /**
             * Nodes
             * @description Nodes that they are kept to, as hierarchy:node; null, or left out, is everything.
             * @default null
             * @example [
             *       "product:GROCERY"
             *     ]
             */
            nodes: string[] | null;
            /**
             * Roles
             * @description Out of viewer, planner, data_engineer and admin.
             * @example [
             *       "planner"
             *     ]
             */
            roles: string[];
            /**
             * Sees Outside
             * @description With `nodes`: whether what lies outside can be read, though not changed.
             * @default false
             */
            sees_outside: boolean;
            /**
             * User
             * @description Name: up to 64 small letters, digits and `._@-`.
             * @example ada
             */
            user: string;
            /**
             * With Password
             * @description False for a program, which cannot sign in and only has keys.
             * @default true
             */
            with_password: boolean;
        };
        /**
         * Node
         * @description A node by name.
         */
        Node: {
            /**
             * Level
             * @description Level of the node.
             * @example category
             */
            level: string;
            /**
             * Node
             * @description Path of the node; series_id on the series level.
             * @example GROCERY/CHEESE
             */
            node: string;
            /** @description Lead by lead; null unless asked for. */
            numbers: components["schemas"]["NodeNumbers"] | null;
            /**
             * Parent
             * @description Path of the node above; null on the top.
             * @example GROCERY
             */
            parent: string | null;
            /**
             * Series
             * @description Series below it; 1 for a series itself.
             * @example 24
             */
            series: number;
        };
        /**
         * NodeForecast
         * @description The forecast of a node of a hierarchy.
         */
        NodeForecast: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Child Level
             * @description Level right below; `series` below the lowest.
             * @example category
             */
            child_level: string;
            /**
             * Child Names
             * @description Paths, or series ids, of the first 1,000 of them; `/v1/hierarchies/…/nodes?parent=` lists all.
             * @example [
             *       "GROCERY/CHEESE"
             *     ]
             */
            child_names: string[];
            /**
             * Children
             * @description How many are right below.
             * @example 12
             */
            children: number;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchy
             * @description Name of the hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * Horizon
             * @description Leads returned.
             * @example 4
             */
            horizon: number;
            /**
             * Leads
             * @description Leads 1 to `horizon`.
             */
            leads: components["schemas"]["NodeLead"][];
            /**
             * Level
             * @description Level of the node.
             * @example department
             */
            level: string;
            /**
             * Node
             * @description Path of the node, joined by `/`; `total` on the top.
             * @example GROCERY
             */
            node: string;
            /**
             * Parent
             * @description Path of the node above; null on the top.
             * @example total
             */
            parent: string | null;
            /**
             * Series
             * @description Series below the node.
             * @example 240
             */
            series: number;
        };
        /**
         * NodeHistory
         * @description The history of a node: the sum over the series below it. It is observed where one of them is.
         */
        NodeHistory: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Buckets
             * @description By time; the last one ends where the cycle begins.
             */
            buckets: components["schemas"]["Bucket"][];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle: what was known then.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchy
             * @description Name of the hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * Level
             * @description Level of the node.
             * @example department
             */
            level: string;
            /**
             * Node
             * @description Path of the node, joined by `/`.
             * @example GROCERY
             */
            node: string;
        };
        /**
         * NodeLead
         * @description The forecast of one bucket of a node.
         */
        NodeLead: {
            /**
             * Base Forecast
             * @description Mean before reconciliation, units per bucket.
             * @example 790.3
             */
            base_forecast: number;
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Intervals
             * @description One per level asked for, in that order.
             */
            intervals: components["schemas"]["Interval"][];
            /**
             * Lead
             * @description Buckets ahead; 1 is the first bucket of the cycle.
             * @example 1
             */
            lead: number;
            /**
             * Locked
             * @description Whether a planner fixed the mean.
             * @example false
             */
            locked: boolean;
            /**
             * Mean
             * @description Reconciled mean: it is the sum over the children.
             * @example 812.5
             */
            mean: number;
            /**
             * Median
             * @description Median, units per bucket; medians do not add up.
             * @example 809
             */
            median: number;
            /**
             * Published
             * @description The number of record: the sum over the series, planners' overrides included.
             * @example 830
             */
            published: number;
            /**
             * Quantiles
             * @description One per quantile level asked for, in that order; none unless asked for.
             */
            quantiles: components["schemas"]["Quantile"][];
        };
        /**
         * NodeLink
         * @description A node above the series.
         */
        NodeLink: {
            /**
             * Base Forecast
             * @description Before reconciliation, units.
             * @example 22548.5
             */
            base_forecast: number;
            /**
             * Forecast
             * @description After, units.
             * @example 23410.5
             */
            forecast: number;
            /**
             * Hierarchy
             * @description Hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * Level
             * @description Its level.
             * @example department
             */
            level: string;
            /**
             * Locked
             * @description Whether a planner's lock held it.
             * @example false
             */
            locked: boolean;
            /**
             * Node
             * @description Its path.
             * @example GROCERY
             */
            node: string;
            /**
             * Parent
             * @description Path of the node above.
             * @default null
             * @example total
             */
            parent: string | null;
        };
        /**
         * NodeNumbers
         * @description Numbers of a node or series, one per lead.
         */
        NodeNumbers: {
            /**
             * Locked
             * @description Whether a planner's number is in it.
             * @example [
             *       true,
             *       false
             *     ]
             */
            locked: boolean[];
            /**
             * Mean
             * @description What reconciliation says; of a series, its mean.
             * @example [
             *       812.5,
             *       842.5
             *     ]
             */
            mean: number[];
            /**
             * Published
             * @description The numbers of record, units per bucket.
             * @example [
             *       830,
             *       842.5
             *     ]
             */
            published: number[];
        };
        /**
         * NodePage
         * @description Nodes of a hierarchy, by level from the top, then path; series stand by SKU.
         */
        NodePage: {
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Hierarchy
             * @description Name of the hierarchy.
             * @example product
             */
            hierarchy: string;
            /**
             * Leads
             * @description First day of each lead's bucket, as in `numbers`.
             * @example [
             *       "2017-12-04",
             *       "2017-12-11"
             *     ]
             */
            leads: string[];
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Nodes
             * @description Nodes of this page.
             */
            nodes: components["schemas"]["Node"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * Numbers
         * @description A forecast of one bucket, units.
         */
        Numbers: {
            /**
             * Intervals
             * @description One per level asked for, around the model's forecast.
             */
            intervals: components["schemas"]["Interval"][];
            /**
             * Mean
             * @description Mean.
             * @example 7.1
             */
            mean: number;
            /**
             * Median
             * @description Median.
             * @example 6
             */
            median: number;
            /**
             * Published
             * @description The number of record; what it would be moves as the mean does, but for what a planner set for the series.
             * @example 7.3
             */
            published: number;
            /**
             * Quantiles
             * @description One per quantile level asked for.
             */
            quantiles: components["schemas"]["Quantile"][];
        };
        /**
         * NumbersToWithdraw
         * @description Numbers to take back, all or none.
         */
        NumbersToWithdraw: {
            /**
             * Numbers
             * @description As they are listed.
             * @example [
             *       4,
             *       5
             *     ]
             */
            numbers: number[];
            /**
             * Reason
             * @description Stands in the ledger.
             * @example cancelled
             */
            reason: string;
        };
        /**
         * NumberWanted
         * @description A number for a node in a bucket.
         */
        NumberWanted: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Comment
             * @description Why, in words.
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in; null where its bucket says.
             */
            expires: string | null;
            /**
             * Hierarchy
             * @description Hierarchy of the node.
             * @example product
             */
            hierarchy: string;
            /**
             * Lock
             * @description Whether it is a lock.
             * @example true
             */
            lock: boolean;
            /**
             * Node
             * @description Path of the node, or id of the series.
             * @example GROCERY
             */
            node: string;
            /**
             * Quantity
             * @description Units.
             * @example 1250
             */
            quantity: number;
            /**
             * Reason Code
             * @description Why.
             * @example promotion
             */
            reason_code: string;
            /**
             * Split
             * @description How the series below share it.
             * @example forecast
             */
            split: string;
        };
        /**
         * Outlier
         * @description A bucket of a series that sold so much that models are not told all of it.
         */
        Outlier: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-11-27
             */
            bucket_start: string;
            /**
             * Capped
             * @description What the models see instead, units: the threshold of the rule.
             * @example 41.5
             */
            capped: number;
            /**
             * Causes
             * @description Likeliest first; null where nobody had them looked for.
             */
            causes: components["schemas"]["Cause"][] | null;
            /**
             * Excess
             * @description Units above it.
             * @example 78.5
             */
            excess: number;
            /**
             * Money
             * @description Money at stake: excess × last price.
             * @example 196.25
             */
            money: number | null;
            /**
             * Price
             * @description Last price; null where none is known.
             * @example 2.5
             */
            price: number | null;
            /**
             * Promoted
             * @description Whether it was judged among buckets under a promotion rather than among ordinary ones.
             * @example false
             */
            promoted: boolean;
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
            /**
             * Sold
             * @description Units sold.
             * @example 120
             */
            sold: number;
        };
        /**
         * Outliers
         * @description Outliers of a cycle's history. A bucket is one above mean + `z_threshold` × standard deviation of its like.
         */
        Outliers: {
            /**
             * Causes
             * @description Outliers by likeliest cause, whatever `cause` is asked for; null where `dp materialize explain <cycle>` has not looked for them.
             * @example {
             *       "bulk_order": 12,
             *       "unknown": 40
             *     }
             */
            causes: {
                [key: string]: number;
            } | null;
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Excess
             * @description Units above the caps, of all that are listed.
             * @example 812.5
             */
            excess: number;
            /**
             * Items
             * @description Outliers of this page.
             */
            items: components["schemas"]["Outlier"][];
            /**
             * Money
             * @description The same in money; null where no price is known.
             * @example 2031
             */
            money: number | null;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * Override
         * @description What a planner did to a number.
         */
        Override: {
            /**
             * Quantity
             * @description Number set for the series itself, units per bucket; null where a number set further up moved it.
             * @example 40
             */
            quantity: number | null;
            /**
             * Reason Code
             * @description Why.
             * @example launch
             */
            reason_code: string;
            /**
             * User
             * @description Who.
             * @example ann
             */
            user: string;
        };
        /**
         * OverrideLink
         * @description The planner's number that made the published one what it is.
         */
        OverrideLink: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in.
             * @default null
             * @example 2017-12-18
             */
            expires: string | null;
            /**
             * Hierarchy
             * @description Hierarchy; null for a node that is hidden.
             * @default null
             * @example product
             */
            hierarchy: string | null;
            /**
             * @description Null where the node is hidden, or while the planning database cannot be asked.
             * @default null
             */
            ledger: components["schemas"]["LedgerLink"] | null;
            /**
             * Ledger Sequence
             * @description Row of the audit ledger.
             * @example 12
             */
            ledger_sequence: number;
            /**
             * Locked
             * @description Whether reconciliation keeps it.
             * @example true
             */
            locked: boolean;
            /**
             * Node
             * @description Series, or path of the node.
             * @default null
             * @example GROCERY
             */
            node: string | null;
            /**
             * Quantity
             * @description What was set, units.
             * @default null
             * @example 24000
             */
            quantity: number | null;
            /**
             * Reason Code
             * @description Why.
             * @example promotion
             */
            reason_code: string;
            /**
             * @description Row of `planner_inputs`.
             * @default null
             */
            source: components["schemas"]["SourceOfLink"] | null;
            /**
             * Split
             * @description How the series below share it.
             * @default null
             * @example forecast
             */
            split: string | null;
            /**
             * User
             * @description Who.
             * @example ann
             */
            user: string;
        };
        /**
         * Overrides
         * @description Planners' numbers, oldest first.
         */
        Overrides: {
            /**
             * Approval
             * @description Who must approve a number before it holds: `planning.approval`.
             * @enum {string}
             */
            approval: "none" | "review" | "four_eyes";
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Overrides
             * @description Numbers of this page.
             */
            overrides: components["schemas"]["PlannersNumber"][];
            /**
             * Reason Codes
             * @description Reasons that an override may give: `planning.reason_codes`.
             * @example [
             *       "promotion",
             *       "price"
             *     ]
             */
            reason_codes: string[];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * OverridesSet
         * @description What was set, or waits for approval.
         */
        OverridesSet: {
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Overrides
             * @description Numbers that hold now; none of a proposal.
             */
            overrides: components["schemas"]["PlannersNumber"][];
            /**
             * Proposal
             * @description The proposal that waits; null where the numbers hold.
             */
            proposal: number | null;
            /**
             * Proposed
             * @description Numbers that wait; none where they hold.
             */
            proposed: components["schemas"]["NumberWanted"][];
        };
        /**
         * OverridesToSet
         * @description Edits that are made together, or not at all: a list of them, or one for all series that pass filters.
         */
        OverridesToSet: {
            /**
             * Edits
             * @description Edits; none where there is a selection.
             */
            edits?: components["schemas"]["EditToMake"][];
            /**
             * @description Series by attributes; in place of edits.
             * @default null
             */
            selection: components["schemas"]["Selection"] | null;
        };
        /**
         * Part
         * @description One step from the earlier number to the later one.
         */
        Part: {
            /**
             * Part
             * @description code, new_actuals, restated_history, attributes, plans, configuration, retraining, reconciliation or planner.
             * @example new_actuals
             */
            part: string;
            /**
             * Units
             * @description What it changed, units.
             * @example -1.2
             */
            units: number;
        };
        /**
         * PasswordChange
         * @description Who chooses another password.
         */
        PasswordChange: {
            /**
             * New Password
             * Format: password
             * @description The password from now on, 12 to 256 characters.
             */
            new_password: string;
            /**
             * Password
             * Format: password
             * @description The password, or a one-time password.
             */
            password: string;
            /**
             * User
             * @description User name.
             * @example ada
             */
            user: string;
        };
        /**
         * Pinned
         * @description Why something else than the newest bundle is served.
         */
        Pinned: {
            /**
             * At
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * By
             * @description Who rolled back.
             * @example ada
             */
            by: string;
            /**
             * Newest Bundle
             * @description Content hash of the newest bundle.
             */
            newest_bundle: string | null;
            /**
             * Newest Cycle
             * @description Cycle of the newest bundle, which is not served.
             */
            newest_cycle: string | null;
            /**
             * Reason
             * @description Why, in their words.
             * @example prices of week 48 were wrong
             */
            reason: string;
        };
        /**
         * PlannerInput
         * @description A planner's number that speaks of the series, or of a node above it, in the bucket.
         */
        PlannerInput: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in.
             * @default null
             * @example 2017-12-18
             */
            expires: string | null;
            /**
             * Hierarchy
             * @description Hierarchy; null for a node that is hidden.
             * @default null
             * @example product
             */
            hierarchy: string | null;
            /**
             * Ledger Sequence
             * @description Row of the audit ledger.
             * @example 12
             */
            ledger_sequence: number;
            /**
             * Locked
             * @description Whether reconciliation keeps it.
             * @example true
             */
            locked: boolean;
            /**
             * Node
             * @description Series, or path of the node.
             * @default null
             * @example GROCERY
             */
            node: string | null;
            /**
             * Quantity
             * @description What was set, units.
             * @default null
             * @example 24000
             */
            quantity: number | null;
            /**
             * Reason Code
             * @description Why.
             * @example promotion
             */
            reason_code: string;
            /**
             * Split
             * @description How the series below share it.
             * @default null
             * @example forecast
             */
            split: string | null;
            /**
             * User
             * @description Who.
             * @example ann
             */
            user: string;
        };
        /**
         * PlannersNumber
         * @description A number that somebody set.
         */
        PlannersNumber: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Comment
             * @description Why, in words.
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Cycle
             * Format: date
             * @description The cycle that it was set in.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Ended
             * @description Cycle from which on it no longer holds; null while nobody ended it.
             */
            ended: string | null;
            /**
             * Expires
             * @description Last cycle that a lock holds in; null where its bucket says.
             */
            expires: string | null;
            /**
             * Hierarchy
             * @description Hierarchy of the node.
             * @example product
             */
            hierarchy: string;
            /**
             * Lock
             * @description Whether it is a lock.
             * @example true
             */
            lock: boolean;
            /**
             * Node
             * @description Path of the node, or id of the series.
             * @example GROCERY
             */
            node: string;
            /**
             * Number
             * @description What identifies it: its row in the ledger.
             * @example 4
             */
            number: number;
            /**
             * Quantity
             * @description Units.
             * @example 1250
             */
            quantity: number;
            /**
             * Reason Code
             * @description Why.
             * @example promotion
             */
            reason_code: string;
            /**
             * Split
             * @description How the series below share it.
             * @example forecast
             */
            split: string;
            /**
             * User
             * @description Who set it.
             * @example ada
             */
            user: string;
        };
        /**
         * Preview
         * @description What an edit would do; nothing was written.
         */
        Preview: {
            /**
             * Advice
             * @description What your own record says of such edits.
             * @example [
             *       "Of your 8 earlier raises for promotion, 3 came nearer to what was sold."
             *     ]
             */
            advice: string[];
            /**
             * Conflicts
             * @description What cannot be kept, in words.
             * @example []
             */
            conflicts: string[];
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Effect
             * @description Every node that changes, and the series that change most, biggest first.
             */
            effect: components["schemas"]["Effect"][];
            /**
             * Replaced
             * @description Numbers that hold there now and would be replaced.
             */
            replaced: components["schemas"]["PlannersNumber"][];
            /**
             * Series
             * @description Series that change.
             * @example 412
             */
            series: number;
            /**
             * Wanted
             * @description Numbers that it would set.
             */
            wanted: components["schemas"]["NumberWanted"][];
        };
        /**
         * Problem
         * @description Problem details (RFC 9457).
         */
        Problem: {
            /**
             * Detail
             * @description what was expected, what came, and what to do
             */
            detail: string;
            /**
             * Instance
             * @description path that was asked for
             * @example /v1/forecast/skus/1
             */
            instance: string;
            /**
             * Status
             * @description HTTP status
             * @example 404
             */
            status: number;
            /**
             * Title
             * @description the kind of problem in words
             * @example Unknown SKU
             */
            title: string;
            /**
             * Type
             * @description what kind of problem, as a URI
             * @example urn:demand-planner:problem:unknown-sku
             */
            type: string;
        };
        /**
         * Producer
         * @description Who delivers files, how fresh they are, what became of them.
         */
        Producer: {
            /**
             * Arrived At
             * @description Newest arrival of a file that counts, or did.
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string | null;
            /**
             * Configured
             * @description Whether `demand.yaml` still names it.
             * @example true
             */
            configured: boolean;
            /**
             * Expected By
             * @description When the next one would come as usual.
             * @example 2017-12-11T10:00:00Z
             */
            expected_by: string | null;
            /**
             * Feed
             * @description What its files hold.
             * @example transactions
             */
            feed: string;
            /**
             * Files
             * @description Globs below the landing root that are its files.
             * @example [
             *       "north/*.csv"
             *     ]
             */
            files: string[];
            /**
             * Freshness
             * @description `late`: overdue by more than half of the usual time, and a day; `unknown`: too few deliveries to tell; `nothing`: no file that counts has come.
             * @example on_time
             * @enum {string}
             */
            freshness: "on_time" | "late" | "unknown" | "nothing";
            /**
             * Newest Bucket
             * @description Newest bucket that its sales fall into; null where it delivers no sales.
             * @example 2017-11-27
             */
            newest_bucket: string | null;
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /** @description What became of the rows of all its files. */
            rows: components["schemas"]["RowsOf"];
            /**
             * States
             * @description File versions by state.
             * @example {
             *       "accepted": 48
             *     }
             */
            states: {
                [key: string]: number;
            };
            /**
             * Usual Days
             * @description Median days between days with deliveries; null where there are too few.
             * @example 7
             */
            usual_days: number | null;
        };
        /**
         * Producers
         * @description Producers, in the order of `demand.yaml`.
         */
        Producers: {
            /**
             * At
             * Format: date-time
             * @description Now, by the clock of the business.
             * @example 2017-12-05T09:00:00Z
             */
            at: string;
            /** Producers */
            producers: components["schemas"]["Producer"][];
        };
        /**
         * Promotion
         * @description Why a scenario becomes the plan.
         */
        Promotion: {
            /**
             * Reason Code
             * @description One of `planning.reason_codes`.
             * @example promotion
             */
            reason_code: string;
        };
        /**
         * Proposal
         * @description Numbers that wait for approval, or did.
         */
        Proposal: {
            /**
             * Cycle
             * Format: date
             * @description The cycle that it is for.
             * @example 2017-12-04
             */
            cycle: string;
            /** @description How it ended; null while it waits. */
            decision: components["schemas"]["Decision"] | null;
            /**
             * Inside
             * @description Whether all numbers lie inside the nodes that who asks plans; others can only be looked at.
             * @example true
             */
            inside: boolean;
            /**
             * Is Current
             * @description Whether it is the current one; others can only be rejected.
             * @example true
             */
            is_current: boolean;
            /**
             * Numbers
             * @description The first hundred of them.
             */
            numbers: components["schemas"]["NumberWanted"][];
            /**
             * Proposal
             * @description What identifies it: its row in the ledger.
             * @example 7
             */
            proposal: number;
            /**
             * Proposed At
             * @description When; null where the ledger has no row of it.
             * @example 2017-12-04T15:00:00Z
             */
            proposed_at: string | null;
            /**
             * Total
             * @description How many numbers.
             * @example 3
             */
            total: number;
            /**
             * User
             * @description Who proposes; the numbers are set in this name.
             * @example ada
             */
            user: string;
        };
        /**
         * Proposals
         * @description Proposals that nobody decided on, oldest first; or those that were decided on.
         */
        Proposals: {
            /**
             * Approval
             * @description Who must approve a number before it holds: `planning.approval`.
             * @example four_eyes
             * @enum {string}
             */
            approval: "none" | "review" | "four_eyes";
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Proposals
             * @description Proposals of this page.
             */
            proposals: components["schemas"]["Proposal"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * PublishedLink
         * @description The number of record.
         */
        PublishedLink: {
            /**
             * Final
             * @description The published number, units.
             * @example 207.4
             */
            final: number;
            /**
             * Override
             * @description Set for the series itself, units.
             * @default null
             * @example 250
             */
            override: number | null;
            /**
             * Reason Code
             * @description Why.
             * @default null
             * @example promotion
             */
            reason_code: string | null;
            /**
             * Reconciled
             * @description After reconciliation, units.
             * @example 207.4
             */
            reconciled: number;
            /**
             * @description Row of `published_forecasts`.
             * @default null
             */
            source: components["schemas"]["SourceOfLink"] | null;
            /**
             * Statistical
             * @description Mean of the model, units.
             * @example 211.8
             */
            statistical: number;
            /**
             * User
             * @description Who made it what it is; null where nobody did.
             * @default null
             * @example ann
             */
            user: string | null;
        };
        /**
         * QualityPage
         * @description Reports of data quality, the last file to arrive first.
         */
        QualityPage: {
            /**
             * Day
             * @description Day on which the newest file that is listed arrived, in business time.
             * @example 2017-12-04
             */
            day: string | null;
            /**
             * Newest
             * @description Report of the newest file of each producer, as far as one is listed.
             */
            newest: components["schemas"]["QualityReport"][];
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @default null
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Reports
             * @description Reports of this page.
             */
            reports: components["schemas"]["QualityReport"][];
            /**
             * Total
             * @description File versions of all pages.
             * @example 195
             */
            total: number;
        };
        /**
         * QualityReport
         * @description What the gates of data quality say of a file version.
         */
        QualityReport: {
            /**
             * Arrived At
             * Format: date-time
             * @description From when on it counts.
             * @example 2017-12-04T10:00:00Z
             */
            arrived_at: string;
            /**
             * Feed
             * @description What it holds.
             * @example transactions
             */
            feed: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * Findings
             * @description Measures that block or warn, what blocks first.
             */
            findings: components["schemas"]["Judged"][];
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /**
             * State
             * @description As in `GET /v1/files`.
             * @example accepted
             */
            state: string;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/2017-W48.csv
             */
            uri: string;
            /**
             * Verdicts
             * @description Measures by verdict: block, warn, ok, unjudged; none where there is no report.
             * @example {
             *       "ok": 30,
             *       "warn": 1
             *     }
             */
            verdicts: {
                [key: string]: number;
            };
        };
        /**
         * Quantile
         * @description A quantile: the number that demand stays below with a stated probability.
         */
        Quantile: {
            /**
             * Basis
             * @description `published`: as published; `interpolated`: between published quantiles, linear in the normal score of the quantile level; `extrapolated`: beyond the outermost published one, on the slope of the last two. Of an interval, the worse of both ends.
             * @example published
             * @enum {string}
             */
            basis: "published" | "interpolated" | "extrapolated";
            /**
             * Level
             * @description Probability of demand at or below the value.
             * @example 0.9
             */
            level: number;
            /**
             * Value
             * @description Units per bucket.
             * @example 10.2
             */
            value: number;
        };
        /**
         * Reached
         * @description Everything computed from a file version, which a recall or its undo has computed again.
         */
        Reached: {
            /**
             * Buckets
             * @description Buckets that are built again.
             * @example [
             *       "2017-11-27"
             *     ]
             */
            buckets: string[];
            /**
             * Cycles
             * @description Cycles that are forecast, published and bundled again.
             * @example [
             *       "2017-12-04"
             *     ]
             */
            cycles: string[];
            /**
             * Files
             * @description File versions that are read again: they repeat it, or look it up.
             * @example [
             *       "north-1b2c"
             *     ]
             */
            files: string[];
            /**
             * Models
             * @description Cycles whose models are trained again.
             * @example [
             *       "2017-10-02"
             *     ]
             */
            models: string[];
            /**
             * Out Of Reach
             * @description What stays as it is, because too little history is left to compute it.
             * @example [
             *       "2016-02-01"
             *     ]
             */
            out_of_reach: string[];
            /**
             * Scored
             * @description Cycles whose accuracy is computed again.
             * @example [
             *       "2017-11-27"
             *     ]
             */
            scored: string[];
        };
        /**
         * ReadAs
         * @description How a file was read.
         */
        ReadAs: {
            /**
             * Columns Found
             * @description Column → type.
             * @default null
             * @example {
             *       "ARTIKEL": "string"
             *     }
             */
            columns_found: {
                [key: string]: string;
            } | null;
            /**
             * Format
             * @description Format, and compression.
             * @default null
             * @example csv
             */
            format: string | null;
            /**
             * Rows
             * @description Data rows in the file.
             * @default null
             * @example 3133
             */
            rows: number | null;
            /**
             * Sniffed
             * @description What was found out of it.
             * @default null
             * @example {
             *       "encoding": "latin-1"
             *     }
             */
            sniffed: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * Recall
         * @description Whether a file version is recalled, and what a recall, or its undo, would do.
         */
        Recall: {
            /**
             * @description What the last one did; null where there was none, and until all it reached is computed again.
             * @default null
             */
            difference: components["schemas"]["Difference"] | null;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * @description What would be computed again; null where it is refused or not asked for.
             * @default null
             */
            reached: components["schemas"]["Reached"] | null;
            /**
             * Recalled
             * @description Whether it is recalled; then an undo is told of.
             * @example false
             */
            recalled: boolean;
            /**
             * Refused
             * @description Why it can neither be recalled nor put back; null if it can.
             * @default null
             * @example it is in quarantine
             */
            refused: string | null;
        };
        /**
         * RecallAsked
         * @description Why a file version is taken back, or put back in force.
         */
        RecallAsked: {
            /**
             * Reason
             * @description Why; it stands beside who and when with the file and in the ledger.
             * @example till 4 counted twice
             */
            reason: string;
        };
        /**
         * Recalled
         * @description A recall or an undo that holds from now on.
         */
        Recalled: {
            /**
             * At
             * Format: date-time
             * @description From when on it holds.
             * @example 2017-12-05T09:00:00Z
             */
            at: string;
            /**
             * By
             * @description Who.
             * @example dee
             */
            by: string;
            /**
             * Event
             * @description recall or undo.
             * @example recall
             */
            event: string;
            /**
             * File Version Id
             * @description File version.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /** @description What the graph computes again. */
            reached: components["schemas"]["Reached"];
            /**
             * Reason
             * @description Why.
             * @example till 4 counted twice
             */
            reason: string;
        };
        /**
         * Receipt
         * @description What decided a table of forecasts.
         */
        Receipt: {
            /**
             * Configuration
             * @description What the business had decided, without places; `parts` has its hash. Null to who sees some nodes.
             * @default null
             * @example {
             *       "series_key": [
             *         "sku"
             *       ]
             *     }
             */
            configuration: {
                [key: string]: unknown;
            } | null;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of its cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Id
             * @description SHA-256 over the parts.
             * @example 3f1c9ab01d2e
             */
            id: string;
            /**
             * Intact
             * @description Whether id and hash of the configuration are those of what the receipt says.
             * @example true
             */
            intact: boolean;
            /**
             * Parts
             * @description Name → hash of a content, or a word: features, model (cycle, network, weights, encoders, trial, seed, boosting, leaderboard, errors), interval_contract, configuration, code, libraries, threads. `none` for what had no part in it.
             * @example {
             *       "code": "2f417ac1",
             *       "features": "3f1c9ab01d2e",
             *       "seed": "20170102",
             *       "threads": "1",
             *       "weights": "3f1c9ab01d2e"
             *     }
             */
            parts: {
                [key: string]: string;
            };
            /**
             * Table
             * @description Table that the receipt is of.
             * @example forecasts
             */
            table: string;
            /**
             * Tables
             * @description The tables that these parts decide.
             */
            tables: components["schemas"]["DecidedTable"][];
            /**
             * Verify
             * @description Computes the tables again, and compares their bytes.
             * @example dp receipt verify 3f1c9ab01d2e
             */
            verify: string;
            /**
             * Verify Training
             * @description Trains the models again as well; null where statistical methods alone forecast.
             * @default null
             * @example dp receipt verify 3f1c9ab01d2e --training
             */
            verify_training: string | null;
        };
        /**
         * ReceiptLink
         * @description What decided the cycle's forecasts.
         */
        ReceiptLink: {
            /**
             * Code
             * @description Code revision.
             * @example 2f417ac1
             */
            code: string;
            /**
             * Configuration
             * @description Hash of the configuration.
             * @example 3f1c9ab01d2e
             */
            configuration: string;
            /**
             * Current
             * @description Whether the tables still hold what it decided.
             * @example true
             */
            current: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Features
             * @description Hash of the panel.
             * @example 3f1c9ab01d2e
             */
            features: string;
            /**
             * Hashes
             * @description Table → hash of its file.
             * @example {
             *       "forecasts": "3f1c9ab01d2e"
             *     }
             */
            hashes: {
                [key: string]: string;
            };
            /**
             * Id
             * @description Hash over everything below.
             * @example 3f1c9ab01d2e
             */
            id: string;
            /**
             * Interval Contract
             * @description Hash of the contract of intervals.
             * @example 3f1c9ab01d2e
             */
            interval_contract: string;
            /**
             * Libraries
             * @description Versions of what computed them.
             * @example python 3.11.7, numpy 2.4.6
             */
            libraries: string;
            /**
             * Seed
             * @description Seed of everything random in the model.
             * @example 20170102
             */
            seed: string;
            /**
             * Threads
             * @description Threads of torch.
             * @example 1
             */
            threads: string;
            /**
             * Verify
             * @description Computes them again, to compare.
             * @example dp receipt verify 3f1c9ab01d2e
             */
            verify: string;
        };
        /**
         * ReconciliationLink
         * @description What reconciliation made of the series, and of what is above it.
         */
        ReconciliationLink: {
            /**
             * Agrees
             * @description Whether it is what the published row was made of; not where a cycle is half made again.
             * @example true
             */
            agrees: boolean;
            /**
             * Base Forecast
             * @description Before, units.
             * @example 211.8
             */
            base_forecast: number;
            /**
             * Forecast
             * @description After, units.
             * @example 207.4
             */
            forecast: number;
            /**
             * Locked
             * @description Whether a planner's lock held it.
             * @example false
             */
            locked: boolean;
            /**
             * Nodes
             * @description Nodes above it that may be seen, hierarchy by hierarchy from the top.
             */
            nodes: components["schemas"]["NodeLink"][];
            /**
             * @description Row of `reconciled_rollups`.
             * @default null
             */
            source: components["schemas"]["SourceOfLink"] | null;
        };
        /**
         * Refusal
         * @description A row that cannot be taken.
         */
        Refusal: {
            /**
             * Bucket Start
             * @description What the row names.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Node
             * @description What the row names.
             * @example GROCERY/SOUP
             */
            node: string;
            /**
             * Reason
             * @description Why.
             * @example expected a number of units, got '=1+1'
             */
            reason: string;
            /**
             * Row
             * @description Row of the file; the header is row 1.
             * @example 17
             */
            row: number;
        };
        /**
         * Rejected
         * @description A proposal that ended.
         */
        Rejected: {
            /**
             * Rejected
             * @description The proposal.
             * @example 7
             */
            rejected: number;
        };
        /**
         * RejectedBy
         * @description What a rule rejected.
         */
        RejectedBy: {
            /**
             * Rows
             * @description Rows.
             * @example 10
             */
            rows: number;
            /**
             * Rule
             * @description Filter or type rule.
             * @example positive_quantity
             */
            rule: string;
            /**
             * Units
             * @description Units, as far as they can be read.
             * @default null
             * @example 0
             */
            units: number | null;
        };
        /**
         * RejectedRow
         * @description A row that was not accepted.
         */
        RejectedRow: {
            /**
             * Detail
             * @description What was expected, what came.
             * @example quantity is -1, expected more than 0
             */
            detail: string;
            /**
             * Original
             * @description Source column → text as it came.
             * @example {
             *       "qty": "-1"
             *     }
             */
            original: {
                [key: string]: string | null;
            };
            /**
             * Reason
             * @description Filter or type rule.
             * @example positive_quantity
             */
            reason: string;
            /**
             * Row Number
             * @description Number of the row in the file.
             * @example 17
             */
            row_number: number;
        };
        /**
         * Rejection
         * @description Why a proposal is rejected.
         */
        Rejection: {
            /**
             * Reason
             * @description Stands in the ledger.
             * @example cancelled
             */
            reason: string;
        };
        /**
         * Requested
         * @description What the asset graph was asked for.
         */
        Requested: {
            /**
             * Request
             * @description Row of the ledger.
             * @example 13
             */
            request: number;
            /**
             * Scenario
             * @description What will be computed.
             * @example spring-sale
             */
            scenario: string;
        };
        /**
         * Retraining
         * @description A model that was trained, why, and whether it took over.
         */
        Retraining: {
            /**
             * Accepted
             * @description Whether it forecasts.
             * @example true
             */
            accepted: boolean;
            /**
             * Cause
             * @description Why; null where nobody said.
             * @example drift in cycle 2017-10-02
             */
            cause: string | null;
            /**
             * Cycle
             * Format: date
             * @description Cycle it was trained in.
             * @example 2017-10-02
             */
            cycle: string;
            /**
             * Reason
             * @description The verdict in words.
             * @example the retrained model won
             */
            reason: string;
            /**
             * Trained At
             * @description Null where no run noted it.
             * @example 2017-10-03T04:11:00Z
             */
            trained_at: string | null;
            /**
             * Verdict
             * @description Against the champion on past cycles; `first` had nobody to beat.
             * @example won
             * @enum {string}
             */
            verdict: "first" | "won" | "lost" | "unjudged";
        };
        /**
         * Rollback
         * @description Which bundle is to be served in place of the newest one.
         */
        Rollback: {
            /**
             * Reason
             * @description Why; told to whoever asks what is served.
             */
            reason: string;
            /**
             * To
             * @description A cycle, or the first letters of a content hash.
             * @example 2017-11-27
             */
            to: string;
        };
        /**
         * Rotation
         * @description How a key is replaced by another one.
         */
        Rotation: {
            /**
             * Days
             * @description After so many days it is refused.
             * @default 90
             * @example 90
             */
            days: number;
            /**
             * Overlap Hours
             * @description How long the present one goes on.
             * @default 24
             * @example 24
             */
            overlap_hours: number;
        };
        /**
         * RowChange
         * @description A row that sets a number.
         */
        RowChange: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Comment
             * @description Why, in words.
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in; null where its bucket says.
             */
            expires: string | null;
            /**
             * Hierarchy
             * @description Hierarchy of the node.
             * @example product
             */
            hierarchy: string;
            /**
             * Lock
             * @description Whether it is a lock.
             * @example true
             */
            lock: boolean;
            /**
             * Node
             * @description Path of the node, or id of the series.
             * @example GROCERY
             */
            node: string;
            /**
             * Quantity
             * @description Units.
             * @example 1250
             */
            quantity: number;
            /**
             * Reason Code
             * @description Why.
             * @example promotion
             */
            reason_code: string;
            /**
             * Row
             * @description Row of the file; the header is row 1.
             * @example 3
             */
            row: number;
            /**
             * Split
             * @description How the series below share it.
             * @example forecast
             */
            split: string;
        };
        /**
         * RowsOf
         * @description What became of rows.
         */
        RowsOf: {
            /**
             * Accepted
             * @description Accepted.
             * @example 2533
             */
            accepted: number;
            /**
             * Duplicate
             * @description Held by another file version.
             * @example 0
             */
            duplicate: number;
            /**
             * Read
             * @description Read.
             * @example 2592
             */
            read: number;
            /**
             * Rejected
             * @description Rejected.
             * @example 59
             */
            rejected: number;
        };
        /**
         * RowsPage
         * @description File rows behind a bucket of a series' history.
         */
        RowsPage: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-11-27
             */
            bucket_start: string;
            /**
             * Cycle
             * Format: date
             * @description Cycle whose knowledge `known` is about.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page, of `…/rows`.
             * @default null
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Rows
             * @description By file version, then row number.
             */
            rows: components["schemas"]["FileRow"][];
            /**
             * Series Id
             * @description The series.
             * @example 1029743
             */
            series_id: string;
            /**
             * Total
             * @description Rows of all pages.
             * @example 262
             */
            total: number;
        };
        /**
         * Said
         * @description What a producer says of an attribute.
         */
        Said: {
            /**
             * File Version Id
             * @description Where it says so.
             * @example north-8ae625184e48101b
             */
            file_version_id: string;
            /**
             * Producer
             * @description Producer.
             * @example north
             */
            producer: string;
            /**
             * Value
             * @description The newest value it gives.
             * @example DAIRY
             */
            value: string;
            /**
             * Wins
             * @description Whether that is what forecasts use.
             * @example true
             */
            wins: boolean;
        };
        /**
         * Scenario
         * @description A scenario that is kept.
         */
        Scenario: {
            /**
             * Cycle
             * Format: date
             * @description The cycle that it is computed over.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Definition
             * @description As it was written.
             * @example {
             *       "changes": []
             *     }
             */
            definition: {
                [key: string]: unknown;
            };
            /**
             * Inside
             * @description Whether it only changes what who asks plans; others they neither compute nor make the plan.
             * @example true
             */
            inside: boolean;
            /**
             * Name
             * @description What it is called.
             * @example spring-sale
             */
            name: string;
            /**
             * Notes
             * @description What its computation had to say.
             * @example []
             */
            notes: string[];
            /**
             * Number
             * @description Its row in the ledger, which changes with the definition.
             * @example 12
             */
            number: number;
            /**
             * State
             * @description `up to date`, or why there is no result: `not computed yet`, changed since, `refused: …`.
             * @example up to date
             */
            state: string;
            /**
             * Units
             * @description Units that it adds to all series that are seen; null unless it is up to date.
             */
            units: number | null;
            /**
             * User
             * @description Who wrote it.
             * @example ada
             */
            user: string;
            /**
             * Waits Since
             * @description When the graph was asked for it as it now is; null where it was not, or there is an answer.
             * @example 2017-12-04T15:00:00Z
             */
            waits_since: string | null;
        };
        /**
         * Scenarios
         * @description All scenarios, by name.
         */
        Scenarios: {
            /**
             * Scenarios
             * @description Every one that is kept; for who must not see what lies outside of some nodes, those inside, and their own.
             */
            scenarios: components["schemas"]["Scenario"][];
        };
        /**
         * ScenarioToKeep
         * @description A scenario as a planner writes it.
         */
        ScenarioToKeep: {
            /**
             * Definition
             * @description `changes`, `description` and `cycle`, as docs/scenarios.md describes them.
             * @example {
             *       "changes": [
             *         {
             *           "kind": "growth",
             *           "node": "total",
             *           "percent": 5
             *         }
             *       ]
             *     }
             */
            definition: {
                [key: string]: unknown;
            };
            /**
             * Name
             * @description Small letters, digits, `-` and `_`, at most 63. Kept as `<user>.<name>` for whoever must not see what lies outside of some nodes.
             * @example spring-sale
             */
            name: string;
            /**
             * Replaces
             * @description `number` of the scenario of that name that was looked at, to replace it.
             * @default null
             */
            replaces: number | null;
        };
        /**
         * Score
         * @description How good the published forecasts of a group were at one lead.
         */
        Score: {
            /**
             * Actual
             * @description Units sold.
             * @example 1980
             */
            actual: number;
            /**
             * Hierarchy
             * @description Hierarchy; `-` for the total over series.
             * @example product
             */
            hierarchy: string;
            /**
             * Lead
             * @description Buckets ahead; 0 pools all closed leads.
             * @example 1
             */
            lead: number;
            /**
             * Level
             * @description total, a configured level, method, or demand_class.
             * @example department
             */
            level: string;
            /**
             * Metrics
             * @description Metric → value, as in the table `accuracy`; null where not defined. Bias above 0: over-forecast.
             * @example {
             *       "bias": 0.03,
             *       "naive_wape": 0.52,
             *       "wape": 0.41
             *     }
             */
            metrics: {
                [key: string]: number | null;
            };
            /**
             * Node
             * @description Node, or name of the method or class.
             * @example GROCERY
             */
            node: string;
            /**
             * Observations
             * @description Series × leads scored.
             * @example 240
             */
            observations: number;
        };
        /**
         * Selection
         * @description One wish for all series of the current cycle that pass filters.
         */
        Selection: {
            /**
             * Attribute
             * @description `name:value` of an attribute or key column. Values of one name are alternatives, different names must all hold. `<UNK>` stands for a missing value.
             * @example [
             *       "brand:National"
             *     ]
             */
            attribute: string[];
            /**
             * Buckets
             * @description How many buckets.
             * @default 1
             * @example 3
             */
            buckets: number;
            /**
             * Comment
             * @description Why, in your words.
             * @default
             * @example leaflet of week 50
             */
            comment: string;
            /**
             * Expires
             * @description Last cycle that a lock holds in; until its bucket is over if left out.
             * @default null
             * @example 2018-01-01
             */
            expires: string | null;
            /**
             * First
             * Format: date
             * @description First day of the first bucket.
             * @example 2017-12-11
             */
            first: string;
            /**
             * Lock
             * @description Holds in later cycles too, and reconciliation solves for everything else under it.
             * @default false
             * @example true
             */
            lock: boolean;
            /**
             * Percent
             * @description Change in percent of what reconciliation says.
             * @default null
             * @example 5
             */
            percent: number | null;
            /**
             * Reason Code
             * @description Why: one of `planning.reason_codes`.
             * @example promotion
             */
            reason_code: string;
            /**
             * Split
             * @description How the series below share an override: `forecast`, `history`, or a key of `reconciliation.keys`.
             * @default forecast
             * @example forecast
             */
            split: string;
        };
        /**
         * Series
         * @description A series by name, with what is known of it.
         */
        Series: {
            /**
             * Attributes
             * @description Attributes of the SKU as of the cycle: text, a list where several hold, null where nobody knows.
             * @example {
             *       "brand": "own",
             *       "department": "GROCERY"
             *     }
             */
            attributes: {
                [key: string]: string | string[] | null;
            };
            /**
             * Key
             * @description The key columns.
             * @example {
             *       "sku": "1029743"
             *     }
             */
            key: {
                [key: string]: string;
            };
            /**
             * Method
             * @description What made the forecast of the first lead.
             * @example blend
             */
            method: string;
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * SeriesClass
         * @description How a series sells, how much it matters, how steady it is.
         */
        SeriesClass: {
            /**
             * Abc
             * @description A, B or C by revenue of the last year.
             * @example A
             */
            abc: string;
            /**
             * Demand Class
             * @description smooth, erratic, intermittent or lumpy.
             * @example smooth
             */
            demand_class: string;
            /**
             * Price
             * @description Last known price per unit; 0 where none was ever known.
             * @example 2
             */
            price: number;
            /**
             * Revenue
             * @description Of the last year, money.
             * @example 21000.5
             */
            revenue: number;
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
            /**
             * Units
             * @description Of the last year.
             * @example 9800
             */
            units: number;
            /**
             * Variation
             * @description Standard deviation ÷ mean of a bucket in the last year.
             * @example 0.4
             */
            variation: number;
            /**
             * Xyz
             * @description X, Y or Z by the variation of the last year.
             * @example X
             */
            xyz: string;
        };
        /**
         * SeriesDifference
         * @description What became of the published number of a series, summed over the leads.
         */
        SeriesDifference: {
            /**
             * After
             * @description Units after; 0 where it is not forecast.
             * @example 36
             */
            after: number;
            /**
             * Before
             * @description Units before; 0 where it was not forecast.
             * @example 40
             */
            before: number;
            /**
             * Cycle
             * Format: date
             * @description The cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Difference
             * @description After less before, units.
             * @example -4
             */
            difference: number;
            /**
             * Percent
             * @description The same in percent of before; null where that is 0.
             * @example -10
             */
            percent: number | null;
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
            /**
             * Sku
             * @description Its SKU.
             * @example 1029743
             */
            sku: string;
        };
        /**
         * SeriesForecast
         * @description The forecast of one series.
         */
        SeriesForecast: {
            /**
             * Computed
             * @description True when mean, median and intervals were computed for this request; false when they were read from the batch.
             */
            computed: boolean;
            /**
             * Key
             * @description The key columns.
             * @example {
             *       "sku": "1029743"
             *     }
             */
            key: {
                [key: string]: string;
            };
            /**
             * Leads
             * @description Leads 1 to `horizon`, or those asked for, ascending.
             */
            leads: components["schemas"]["LeadForecast"][];
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
            /** @description Leads 1 to `horizon` together, before reconciliation, from the batch; null when no model has errors of totals yet, when the forecast was computed for this request, and when leads before the last one were left out. */
            total: components["schemas"]["TotalForecast"] | null;
        };
        /**
         * SeriesHistory
         * @description The history of one series.
         */
        SeriesHistory: {
            /**
             * Buckets
             * @description By time; a cycle's last one ends where it begins.
             */
            buckets: components["schemas"]["Bucket"][];
            /**
             * Key
             * @description The key columns.
             * @example {
             *       "sku": "1029743"
             *     }
             */
            key: {
                [key: string]: string;
            };
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * SeriesPage
         * @description Series of a cycle, by SKU, then series_id.
         */
        SeriesPage: {
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Series
             * @description Series of this page.
             */
            series: components["schemas"]["Series"][];
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * Session
         * @description A token, and how long it holds.
         */
        Session: {
            /**
             * Access Token
             * @description To be shown as `Authorization: Bearer …`.
             */
            access_token: string;
            /**
             * Expires In
             * @description Seconds that it holds. A change of the user's password, roles or nodes ends it at once.
             * @example 3600
             */
            expires_in: number;
            /**
             * Token Type
             * @description How it is shown.
             * @constant
             */
            token_type: "Bearer";
        };
        /**
         * SkuForecast
         * @description The forecasts of every series of a SKU.
         */
        SkuForecast: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle: first day of the first forecast bucket.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Horizon
             * @description The last lead returned.
             * @example 4
             */
            horizon: number;
            /**
             * Series
             * @description One per series of the SKU, by series_id.
             */
            series: components["schemas"]["SeriesForecast"][];
            /**
             * Sku
             * @description The SKU asked for.
             * @example 1029743
             */
            sku: string;
        };
        /**
         * SkuForecasts
         * @description The forecasts of many SKUs.
         */
        SkuForecasts: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Forecasts
             * @description One per SKU found, in the order asked for.
             */
            forecasts: components["schemas"]["SkuForecast"][];
            /**
             * Horizon
             * @description The last lead returned.
             * @example 4
             */
            horizon: number;
            /**
             * Unknown
             * @description SKUs without a forecast, in the order asked for.
             * @example [
             *       "0000000"
             *     ]
             */
            unknown: string[];
        };
        /**
         * SkuHistory
         * @description The histories of every series of a SKU.
         */
        SkuHistory: {
            /**
             * As Of
             * @description The day asked for: what was known when it began.
             * @default null
             * @example 2017-11-20
             */
            as_of: string | null;
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle: what was known to it.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Series
             * @description One per series of the SKU, by series_id.
             */
            series: components["schemas"]["SeriesHistory"][];
            /**
             * Sku
             * @description The SKU asked for.
             * @example 1029743
             */
            sku: string;
        };
        /**
         * SourceOfLink
         * @description Where a link is read from.
         */
        SourceOfLink: {
            /**
             * Current
             * @description Whether the partition still holds it; replaced contents lie under `_versions`.
             * @example true
             */
            current: boolean;
            /**
             * Key
             * @description Column → value.
             * @example {
             *       "lead": 2,
             *       "series_id": "1029743"
             *     }
             */
            key: {
                [key: string]: string | number;
            };
            /**
             * Location
             * @description Where it lies.
             * @example lake/forecasts/cycle=2017-12-04/part.parquet
             */
            location: string;
            /**
             * @description The run that wrote it; null where runs were not noted yet.
             * @default null
             */
            made: components["schemas"]["MadeBy"] | null;
            /**
             * Partition
             * @description Its partition.
             * @example 2017-12-04
             */
            partition: string;
            /**
             * Sha256
             * @description Hash of the content: of the file, or of an artefact's listing.
             * @example 3f1c9ab01d2e
             */
            sha256: string;
            /**
             * Table
             * @description Table, or artefact.
             * @example forecasts
             */
            table: string;
        };
        /**
         * Standing
         * @description How a method did in the backtest of the model, in a demand class.
         */
        Standing: {
            /**
             * Bias
             * @description Mean forecast minus units sold ÷ units sold.
             * @default null
             * @example 0.01
             */
            bias: number | null;
            /**
             * Champion
             * @description Whether it is what is published.
             * @example true
             */
            champion: boolean;
            /**
             * Demand Class
             * @description smooth, erratic, intermittent, lumpy, or all.
             * @example smooth
             */
            demand_class: string;
            /**
             * Method
             * @description Method.
             * @example blend
             */
            method: string;
            /**
             * Observations
             * @description Backtest rows that all methods are compared on.
             * @example 5200
             */
            observations: number;
            /**
             * Reason
             * @description The verdict in words.
             * @example lowest error
             */
            reason: string;
            /**
             * Rmse
             * @description Root mean squared error of the mean, units.
             * @default null
             * @example 11.3
             */
            rmse: number | null;
            /**
             * Share
             * @description What it counts for in the blend.
             * @default null
             * @example 0.6
             */
            share: number | null;
            /**
             * Wape
             * @description Error of the median ÷ units sold.
             * @default null
             * @example 0.42
             */
            wape: number | null;
            /**
             * Wql
             * @description Pinball loss ÷ units sold.
             * @default null
             * @example 0.31
             */
            wql: number | null;
        };
        /**
         * StepErrors
         * @description Sum of |forecast − units sold| over series and buckets, of means, units.
         */
        StepErrors: {
            /**
             * Model
             * @description Of the model's.
             * @example 980
             */
            model: number;
            /**
             * Naive
             * @description Of the naive forecast.
             * @example 1210
             */
            naive: number;
            /**
             * Published
             * @description Of what was published, with planners' numbers.
             * @example 940
             */
            published: number;
            /**
             * Reconciled
             * @description After reconciliation.
             * @example 965
             */
            reconciled: number;
        };
        /**
         * StepsAdded
         * @description Error that each step saved against the one before, units; below 0 it cost.
         */
        StepsAdded: {
            /**
             * Model
             * @description By the model, against the naive forecast.
             * @example 230
             */
            model: number;
            /**
             * Published
             * @description By planners.
             * @example 25
             */
            published: number;
            /**
             * Reconciled
             * @description By reconciliation.
             * @example 15
             */
            reconciled: number;
        };
        /**
         * TableMade
         * @description A table or artefact of a cycle.
         */
        TableMade: {
            /**
             * Bytes
             * @description Size.
             * @example 6400000
             */
            bytes: number;
            /**
             * Location
             * @description Where it lies.
             * @example lake/forecasts/cycle=2017-12-04/part.parquet
             */
            location: string;
            /**
             * @description The run that wrote it; null where runs were not noted yet.
             * @default null
             */
            made: components["schemas"]["MadeBy"] | null;
            /**
             * Rows
             * @description Rows; null of an artefact.
             * @default null
             * @example 120000
             */
            rows: number | null;
            /**
             * Sha256
             * @description Hash of its content.
             * @example 3f1c9ab01d2e
             */
            sha256: string;
            /**
             * Table
             * @description Table, or artefact.
             * @example forecasts
             */
            table: string;
        };
        /**
         * Threshold
         * @description A setting that something is judged by.
         */
        Threshold: {
            /**
             * Key
             * @description As it stands in `demand.yaml`.
             * @example exceptions.change_share
             */
            key: string;
            /**
             * Meaning
             * @description In words.
             * @example A series is on the worklist if its published total differs by more than this share.
             */
            meaning: string;
            /**
             * Usual
             * @description What holds where it is left out.
             * @example 0.5
             */
            usual: string | number | boolean | (string | number)[] | null;
            /**
             * Value
             * @description What holds.
             * @example 0.5
             */
            value: string | number | boolean | (string | number)[] | null;
        };
        /**
         * Thresholds
         * @description What something is called odd, held back, left out or widened by.
         */
        Thresholds: {
            /**
             * Reference
             * @description Where every key is described: a file, or its address beside that of `alerts.runbooks_url`.
             * @example docs/configuration.md
             */
            reference: string;
            /**
             * Thresholds
             * @description Section by section.
             */
            thresholds: components["schemas"]["Threshold"][];
        };
        /**
         * ToldNotice
         * @description A notice to one channel.
         */
        ToldNotice: {
            /**
             * Attempts
             * @description How often it was tried.
             * @example 1
             */
            attempts: number;
            /**
             * Channel
             * @description Name of the channel.
             * @example operators
             */
            channel: string;
            /**
             * Error
             * @description Why the last try failed; null where none did.
             * @example nobody answered
             */
            error: string | null;
            /**
             * Sent At
             * @description When; null while it waits.
             * @example 2017-12-05T12:00:01Z
             */
            sent_at: string | null;
            /**
             * What
             * @description That it began, or that it is over.
             * @enum {string}
             */
            what: "opened" | "recovered";
        };
        /**
         * TotalForecast
         * @description The forecast of leads 1 to `horizon` together: demand until then, with an uncertainty of its own.
         */
        TotalForecast: {
            /**
             * Intervals
             * @description One per level asked for, in that order; ends are units over all leads. They come from errors of such totals, not from sums of the leads' intervals, which would be too wide.
             */
            intervals: components["schemas"]["Interval"][];
            /**
             * Mean
             * @description Mean of the sum over the leads, units.
             * @example 28.4
             */
            mean: number;
            /**
             * Median
             * @description Median of the sum over the leads, units.
             * @example 27
             */
            median: number;
            /**
             * Quantiles
             * @description One per quantile level asked for; units over all leads.
             */
            quantiles: components["schemas"]["Quantile"][];
        };
        /**
         * Trace
         * @description A published number, link by link back to rows of files.
         */
        Trace: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the forecast bucket.
             * @example 2017-12-11
             */
            bucket_start: string;
            /**
             * Cycle
             * Format: date
             * @description Cycle that published the number.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * @description What the models were told.
             * @default null
             */
            features: components["schemas"]["FeaturesLink"] | null;
            /**
             * Files
             * @description File versions behind them, in order of arrival.
             */
            files: components["schemas"]["FileLink"][];
            /**
             * @description The forecast before that.
             * @default null
             */
            forecast: components["schemas"]["ForecastLink"] | null;
            /**
             * History
             * @description Buckets of history by time.
             */
            history: components["schemas"]["HistoryLink"][];
            /**
             * Known At
             * @description What arrived later, the cycle did not know.
             * @default null
             * @example 2017-12-05T05:00:00Z
             */
            known_at: string | null;
            /**
             * Lead
             * @description Buckets ahead.
             * @example 2
             */
            lead: number;
            /**
             * @description The model; null where statistical methods alone forecast.
             * @default null
             */
            model: components["schemas"]["ModelLink"] | null;
            /**
             * @description The planner's number behind it; null where there is none.
             * @default null
             */
            override: components["schemas"]["OverrideLink"] | null;
            /**
             * Planner Inputs
             * @description All that speak of it, the lowest first, then the newest.
             */
            planner_inputs: components["schemas"]["PlannerInput"][];
            published: components["schemas"]["PublishedLink"];
            /**
             * @description What decided the forecast; null where none was kept.
             * @default null
             */
            receipt: components["schemas"]["ReceiptLink"] | null;
            /**
             * @description What made the levels agree.
             * @default null
             */
            reconciliation: components["schemas"]["ReconciliationLink"] | null;
            /**
             * @description The first file rows of one bucket of history.
             * @default null
             */
            rows: components["schemas"]["RowsPage"] | null;
            /**
             * Series Id
             * @description The series.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * TrainingWindow
         * @description What a model was trained on.
         */
        TrainingWindow: {
            /**
             * Buckets
             * @description How many.
             * @example 39
             */
            buckets: number;
            /**
             * First
             * Format: date
             * @description First bucket.
             * @example 2017-01-02
             */
            first: string;
            /**
             * Last
             * Format: date
             * @description Last bucket.
             * @example 2017-09-25
             */
            last: string;
        };
        /**
         * UnitsOf
         * @description What became of units.
         */
        UnitsOf: {
            /**
             * Accepted
             * @description Accepted.
             * @example 3380
             */
            accepted: number;
            /**
             * Duplicate
             * @description Held by another file version.
             * @example 0
             */
            duplicate: number;
            /**
             * Read
             * @description Read.
             * @example 3441
             */
            read: number;
            /**
             * Rejected
             * @description Rejected, as far as they can be read.
             * @example 61
             */
            rejected: number;
        };
        /**
         * Uploaded
         * @description A file that lies in the landing folder.
         */
        Uploaded: {
            /**
             * Bytes
             * @description Its size.
             * @example 18230
             */
            bytes: number;
            /**
             * Producer
             * @description Whose it is.
             * @example north
             */
            producer: string;
            /**
             * Replaced
             * @description Whether another file lay there, of which it is a new version.
             * @example false
             */
            replaced: boolean;
            /**
             * Sha256
             * @description Hash of its content.
             * @example 9c1f
             */
            sha256: string;
            /**
             * Uri
             * @description Path below the landing root.
             * @example north/week-50.csv
             */
            uri: string;
        };
        /**
         * User
         * @description Somebody who may ask the API.
         */
        User: {
            /**
             * Disabled
             * @description Whether neither they nor their keys are let in.
             * @example false
             */
            disabled: boolean;
            /**
             * Nodes
             * @description Nodes that they are kept to; null is everything.
             * @example [
             *       "product:GROCERY"
             *     ]
             */
            nodes: string[] | null;
            /**
             * Password
             * @description None: only has keys. One-time: chosen anew at the next sign-in.
             * @example own
             * @enum {string}
             */
            password: "none" | "one_time" | "own";
            /**
             * Roles
             * @description viewer, planner, data_engineer or admin.
             * @example [
             *       "planner"
             *     ]
             */
            roles: string[];
            /**
             * Sees Outside
             * @description Whether what lies outside of them can be read.
             * @example false
             */
            sees_outside: boolean;
            /**
             * User
             * @description Name.
             * @example ada
             */
            user: string;
        };
        /**
         * UserChanged
         * @description A user as they are now.
         */
        UserChanged: {
            /**
             * Disabled
             * @description Whether neither they nor their keys are let in.
             * @example false
             */
            disabled: boolean;
            /**
             * Nodes
             * @description Nodes that they are kept to; null is everything.
             * @example [
             *       "product:GROCERY"
             *     ]
             */
            nodes: string[] | null;
            /**
             * One Time Password
             * @description Told once, and kept nowhere: null where none was made, and when the same request is asked again.
             * @example abcde-fghij-kmnpq-rstuv
             */
            one_time_password: string | null;
            /**
             * Password
             * @description None: only has keys. One-time: chosen anew at the next sign-in.
             * @example own
             * @enum {string}
             */
            password: "none" | "one_time" | "own";
            /**
             * Roles
             * @description viewer, planner, data_engineer or admin.
             * @example [
             *       "planner"
             *     ]
             */
            roles: string[];
            /**
             * Sees Outside
             * @description Whether what lies outside of them can be read.
             * @example false
             */
            sees_outside: boolean;
            /**
             * User
             * @description Name.
             * @example ada
             */
            user: string;
        };
        /**
         * Users
         * @description Everybody who may ask the API, but for whoever signs in elsewhere.
         */
        Users: {
            /**
             * Users
             * @description By name.
             */
            users: components["schemas"]["User"][];
        };
        /**
         * ValueAdded
         * @description Groups of one cycle, by grouping, name and lead.
         */
        ValueAdded: {
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle scored.
             * @example 2017-10-30
             */
            cycle: string;
            /**
             * Groups
             * @description Groups of this page.
             */
            groups: components["schemas"]["GroupAdded"][];
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * WhatIf
         * @description Other plans for one series. What is not named stays as it is planned.
         */
        WhatIf: {
            /**
             * Cycle
             * @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer.
             * @default null
             * @example 2017-12-04
             */
            cycle: string | null;
            /**
             * Discount
             * @description First day of a bucket → price cut × share of stores and days: the price plan as the model reads it.
             * @example {
             *       "2017-12-04": 0.2
             *     }
             */
            discount?: {
                [key: string]: number;
            };
            /**
             * Horizon
             * @description Leads to return; all when left out.
             * @default null
             * @example 4
             */
            horizon: number | null;
            /**
             * Leads
             * @description Leads to return instead of `horizon`.
             * @default null
             * @example [
             *       1,
             *       4
             *     ]
             */
            leads: number[] | null;
            /**
             * Levels
             * @description Interval levels in percent.
             * @default null
             * @example [
             *       50,
             *       80
             *     ]
             */
            levels: number[] | null;
            /**
             * Promotions
             * @description Kind of promotion → first day of a bucket → share of stores × share of its days under it; 0 takes a promotion away. Kinds are those of the promotion files.
             * @example {
             *       "display": {
             *         "2017-12-04": 1
             *       }
             *     }
             */
            promotions?: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /**
             * Quantiles
             * @description Quantile levels.
             * @example [
             *       0.1,
             *       0.9
             *     ]
             */
            quantiles?: number[];
            /**
             * Regressors
             * @description Regressor of `demand.yaml` → first day of a bucket → value, in the unit it is delivered in.
             * @example {
             *       "temperature": {
             *         "2017-12-04": 21.5
             *       }
             *     }
             */
            regressors?: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            /**
             * Series Id
             * @description The key columns joined by `|`.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * WhatIfForecast
         * @description What other plans would make of a series.
         */
        WhatIfForecast: {
            /**
             * Bucket Weeks
             * @description Length of a bucket in weeks.
             * @example 1
             */
            bucket_weeks: number;
            /**
             * Changed
             * @description Channels of the model that differ from what is planned.
             * @example [
             *       "promo_display"
             *     ]
             */
            changed: string[];
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Difference
             * @description Sum of the differences of the leads returned, units.
             * @example 2.4
             */
            difference: number;
            /**
             * Horizon
             * @description The last lead returned.
             * @example 4
             */
            horizon: number;
            /**
             * Interval Method
             * @description How quantiles are made.
             * @example network
             */
            interval_method: string;
            /**
             * Leads
             * @description Ascending.
             */
            leads: components["schemas"]["WhatIfLead"][];
            /**
             * Method
             * @description What computed it: `lstm`, or `blend` with boosting.
             * @example blend
             */
            method: string;
            /**
             * Model Version
             * @description Cycle of the model and its hash.
             * @example 2017-10-02+3f1c9ab01d2e
             */
            model_version: string;
            /**
             * Series Id
             * @description The series.
             * @example 1029743
             */
            series_id: string;
        };
        /**
         * WhatIfLead
         * @description One bucket under the other plans and under those there are.
         */
        WhatIfLead: {
            /**
             * Bucket Start
             * Format: date
             * @description First day of the bucket.
             * @example 2017-12-04
             */
            bucket_start: string;
            /**
             * Difference
             * @description Mean under the plans asked about less the unchanged one.
             * @example 2.4
             */
            difference: number;
            /** @description Under the plans asked about. */
            forecast: components["schemas"]["Numbers"];
            /**
             * Lead
             * @description Buckets ahead.
             * @example 1
             */
            lead: number;
            /**
             * Published Difference
             * @description The same of the published number.
             * @example 2.5
             */
            published_difference: number;
            /** @description Under the plans there are, computed in the same pass. */
            unchanged: components["schemas"]["Numbers"];
        };
        /**
         * Withdrawn
         * @description What was taken back.
         */
        Withdrawn: {
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Withdrawn
             * @description Numbers that no longer hold.
             * @example [
             *       4,
             *       5
             *     ]
             */
            withdrawn: number[];
        };
        /**
         * Worklist
         * @description What planners should look at first, by rank.
         */
        Worklist: {
            /**
             * Aside
             * @description Exceptions that pass the other filters and are accepted or snoozed.
             * @example 12
             */
            aside: number;
            /**
             * Changed
             * @description Whether the data was replaced since the page before: this page is of the new data and begins behind the last item seen, so whatever is in both is listed once.
             * @example false
             */
            changed: boolean;
            /**
             * Cycle
             * Format: date
             * @description Cutoff of the cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Items
             * @description Exceptions of this page.
             */
            items: components["schemas"]["WorklistItem"][];
            /**
             * Marks Known
             * @description False while the planning database is away: then no item has a mark, none is left out, and filters by marks have no effect.
             * @example true
             */
            marks_known: boolean;
            /**
             * Next
             * @description `cursor` of the next page; null on the last one.
             * @example WyIuLi4iXQ
             */
            next: string | null;
            /**
             * Total
             * @description Items of all pages together.
             * @example 240
             */
            total: number;
            /**
             * Version
             * @description Content hash of what is listed.
             * @example 3f1c9a01
             */
            version: string;
        };
        /**
         * WorklistItem
         * @description A forecast that a planner should look at.
         */
        WorklistItem: {
            /**
             * Hierarchy
             * @description Hierarchy of the node; the first one for a series.
             * @example product
             */
            hierarchy: string;
            /**
             * Inside
             * @description Whether it lies inside the nodes that who asks plans; others cannot be marked.
             * @example true
             */
            inside: boolean;
            /**
             * Level
             * @description series, or level of the node; unknown for one not forecast.
             * @example series
             */
            level: string;
            /** @description What planners said of it; null where nobody did. */
            mark: components["schemas"]["Mark"] | null;
            /**
             * Money
             * @description Units × last price.
             * @example 299.5
             */
            money: number;
            /**
             * Node
             * @description Series, or path of the node.
             * @example 1029743
             */
            node: string;
            /**
             * Published
             * @description Units published, lead by lead; null where `sold` is.
             * @example [
             *       14.5,
             *       15
             *     ]
             */
            published: number[] | null;
            /**
             * Rank
             * @description Place by money at stake, set aside or not.
             * @example 1
             */
            rank: number;
            /**
             * Rule
             * @description changed, biased, outside, uncertain, new or expiring.
             * @example biased
             */
            rule: string;
            /**
             * Sold
             * @description Units sold in the newest `recent` buckets; null where not asked for, or not of the cycle served.
             * @example [
             *       9,
             *       12
             *     ]
             */
            sold: number[] | null;
            /**
             * Units
             * @description Units at stake.
             * @example 120
             */
            units: number;
            /**
             * Words
             * @description The reason in words.
             * @example over-forecast in 6 of 8 weeks
             */
            words: string;
        };
        /**
         * WorksheetPreview
         * @description What a worksheet would do; nothing was written.
         */
        WorksheetPreview: {
            /**
             * Advice
             * @description What your own record says of such edits.
             * @example []
             */
            advice: string[];
            /**
             * Changes
             * @description Every number that it would set.
             */
            changes: components["schemas"]["RowChange"][];
            /**
             * Conflicts
             * @description What cannot be kept, in words.
             * @example []
             */
            conflicts: string[];
            /**
             * Cycle
             * Format: date
             * @description The current cycle.
             * @example 2017-12-04
             */
            cycle: string;
            /**
             * Effect
             * @description Every node above the series that would change, biggest first.
             */
            effect: components["schemas"]["Effect"][];
            /**
             * Refusals
             * @description Every row that cannot be taken; with any, none is.
             */
            refusals: components["schemas"]["Refusal"][];
            /**
             * Unchanged
             * @description Rows without a new quantity.
             * @example 120
             */
            unchanged: number;
        };
    };
    responses: {
        /** @description It ended, or was decided on, before. */
        "already-decided": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter has a value that cannot be answered. */
        "bad-parameter": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter has a value that cannot be answered. What is asked of a user or a key cannot be done; nothing was changed. Something else was asked under the same Idempotency-Key within the last 24 hours. */
        "bad-parameter_or_account-refused_or_key-used": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter has a value that cannot be answered. What is asked for breaks a rule of planning; nothing was changed. Something else was asked under the same Idempotency-Key within the last 24 hours. */
        "bad-parameter_or_edit-refused_or_key-used": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter has a value that cannot be answered. Something else was asked under the same Idempotency-Key within the last 24 hours. */
        "bad-parameter_or_key-used": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A parameter has a value that cannot be answered. What is asked about has no effect that could be computed; the message says why. */
        "bad-parameter_or_not-computable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body of the request is longer than the API takes; the middleware answers so before anything is read. */
        "body-too-long": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Whoever asks cannot be looked up just now. */
        "cannot-authenticate": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The file version is not in the state to be recalled, or put back; the message says in which it is. */
        "cannot-be-recalled": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such bundle, or it cannot be served; or there is nothing to undo. */
        "cannot-be-served": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `If-Match` names a state that is no longer so: somebody else was faster. Nothing was changed. */
        "changed-meanwhile": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description What is asked for breaks a rule of planning; nothing was changed. */
        "edit-refused": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A number holds there already; `If-Match` must say that it was seen. */
        "if-match-required": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Nothing can be served yet. */
        "no-forecasts-yet": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Nothing can be served yet. The planning database or the lake does not answer; nothing was changed, and forecasts can still be read. */
        "no-forecasts-yet_or_planning-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description None of the formats accepted is one that can be answered. */
        "not-acceptable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Known, but not allowed to do this. */
        "not-allowed": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Nobody who may ask: no key, token or password, or one that does not hold. */
        "not-authenticated": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The table was not made for that cycle; the message names the command that makes it. */
        "not-made": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A one-time password is good for choosing another one only. */
        "password-change-required": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The planning database or the lake does not answer; nothing was changed, and forecasts can still be read. */
        "planning-unavailable": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The planning database or the lake does not answer; nothing was changed, and forecasts can still be read. Nothing can be served yet. */
        "planning-unavailable_or_no-forecasts-yet": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description More requests than agreed; `Retry-After` says how many seconds to wait. */
        "too-many-requests": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The lake holds no bundle of that cycle. */
        "unknown-cycle": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The lake has no file version of that id. */
        "unknown-file": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no API key of that prefix. */
        "unknown-key": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No hierarchy or node of that name is in the cycle. */
        "unknown-node": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No hierarchy or node of that name is in the cycle. The table was not made for that cycle; the message names the command that makes it. */
        "unknown-node_or_not-made": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No hierarchy or node of that name is in the cycle. The lake holds no bundle of that cycle. */
        "unknown-node_or_unknown-cycle": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No hierarchy or node of that name is in the cycle. There is no such number or proposal. */
        "unknown-node_or_unknown-number": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No hierarchy or node of that name is in the cycle. There is no scenario of that name. */
        "unknown-node_or_unknown-scenario": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No producer of that name is configured. */
        "unknown-producer": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The lake holds no receipt of that id, or several begin so. */
        "unknown-receipt": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no scenario of that name. */
        "unknown-scenario": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The table of that cycle has nothing about that series. The table was not made for that cycle; the message names the command that makes it. */
        "unknown-series_or_not-made": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The table of that cycle has nothing about that series. The lake holds no bundle of that cycle. */
        "unknown-series_or_unknown-cycle": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No series of that SKU is in the current cycle. */
        "unknown-sku": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description No series of that SKU is in the current cycle. The lake holds no bundle of that cycle. */
        "unknown-sku_or_unknown-cycle": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no user of that name. */
        "unknown-user": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    healthz_healthz_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bundle": "3f1c9a01",
                     *       "cycle": "2017-12-04",
                     *       "loaded_at": "2017-12-04T06:00:00Z",
                     *       "pinned": {
                     *         "at": "2017-12-05T09:12:00Z",
                     *         "by": "ada",
                     *         "newest_bundle": "77ab02c4",
                     *         "newest_cycle": "2017-12-11",
                     *         "reason": "prices of week 49 were wrong"
                     *       },
                     *       "planning_database": "answers",
                     *       "problem": "expected a serving bundle of format 7, got 6; materialise the asset serving_bundle",
                     *       "ready": true,
                     *       "status": "ok"
                     *     }
                     */
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    metrics_metrics_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics of this process in Prometheus' text format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /** @example dp_api_requests_total{route="/v1/forecast/skus/{sku}",method="GET",status="2xx"} 1027.0 */
                    "text/plain": string;
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    accuracy_v1_accuracy_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of the cycle scored; the newest one scored when left out. */
                cycle?: string | null;
                /** @description Only this hierarchy; `-` is the total over series, and groups of them. */
                hierarchy?: string | null;
                /** @description Only this lead; 0 pools all closed leads. */
                lead?: number | null;
                /** @description Only this level: total, a configured one, method or demand_class. */
                level?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only this node, or name of a method or class. */
                node?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Scores of a cycle whose actuals are known */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changed": false,
                     *       "cycle": "2017-10-30",
                     *       "next": "WyIuLi4iXQ",
                     *       "scores": [
                     *         {
                     *           "actual": 1980,
                     *           "hierarchy": "product",
                     *           "lead": 1,
                     *           "level": "department",
                     *           "metrics": {
                     *             "bias": 0.03,
                     *             "naive_wape": 0.52,
                     *             "wape": 0.41
                     *           },
                     *           "node": "GROCERY",
                     *           "observations": 240
                     *         }
                     *       ],
                     *       "total": 240,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["Accuracy"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    alerts_v1_alerts_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Kind of alert, exactly. */
                kind?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Who answers for it. */
                owner?: string | null;
                /** @description Exactly this bad. */
                severity?: ("warning" | "error" | "critical") | null;
                /** @description Those that are open, or those that are over; all when left out. */
                state?: ("open" | "past") | null;
                /** @description Part of its key or of what happened. */
                text?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alerts, the last opened first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "alerts": [
                     *         {
                     *           "closed_at": "2017-12-04T15:00:00Z",
                     *           "do": "Ask the producer.",
                     *           "ending": "recovered",
                     *           "happened": "No new file from north by Monday 2017-12-04 07:00 (America/New_York).",
                     *           "key": "file_missing:north",
                     *           "kind": "file_missing",
                     *           "link": "http://127.0.0.1:8000/data?producer=north",
                     *           "means": "What was sold is not known yet.",
                     *           "number": 12,
                     *           "opened_at": "2017-12-04T12:00:00Z",
                     *           "over_because": "It is no longer so.",
                     *           "owner": "demand-planning",
                     *           "runbook": "docs/runbooks/alert-file-missing.md",
                     *           "severity": "warning",
                     *           "told": [
                     *             {
                     *               "attempts": 2,
                     *               "channel": "operators",
                     *               "error": "nobody answered",
                     *               "sent_at": "2017-12-04T12:00:16Z",
                     *               "what": "opened"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "changed": false,
                     *       "next": "WyIuLi4iXQ",
                     *       "open": 0,
                     *       "total": 1,
                     *       "version": "12"
                     *     }
                     */
                    "application/json": components["schemas"]["Alerts"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    changes_v1_changes__series_id__get: {
        parameters: {
            query?: {
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
            };
            header?: never;
            path: {
                /** @description The key columns joined by `|`. */
                series_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The waterfall from the cycle before, bucket by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "buckets": [
                     *         {
                     *           "after": 7.3,
                     *           "before": 8.5,
                     *           "bucket_start": "2017-12-11",
                     *           "parts": [
                     *             {
                     *               "part": "new_actuals",
                     *               "units": -1.2
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "cycle": "2017-12-11",
                     *       "series_id": "1029743",
                     *       "since": "2017-12-04"
                     *     }
                     */
                    "application/json": components["schemas"]["Changes"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    channels_v1_channels__series_id__get: {
        parameters: {
            query?: {
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
            };
            header?: never;
            path: {
                /** @description The key columns joined by `|`. */
                series_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Promotions, prices, holidays and outside influences, bucket by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "channels": [
                     *         {
                     *           "kind": "past",
                     *           "name": "price",
                     *           "values": [
                     *             2.69,
                     *             null
                     *           ]
                     *         },
                     *         {
                     *           "kind": "known",
                     *           "name": "promo_display",
                     *           "values": [
                     *             0,
                     *             0.6
                     *           ]
                     *         },
                     *         {
                     *           "kind": "calendar",
                     *           "name": "holiday",
                     *           "values": [
                     *             0,
                     *             0
                     *           ]
                     *         }
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "history": 1,
                     *       "series_id": "1029743",
                     *       "starts": [
                     *         "2017-11-27",
                     *         "2017-12-04"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Channels"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    classes_v1_classes_get: {
        parameters: {
            query?: {
                /** @description A, B or C. */
                abc?: string | null;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description smooth, erratic, intermittent or lumpy. */
                demand_class?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description X, Y or Z. */
                xyz?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Series by series_id, with their classes */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "next": "WyIuLi4iXQ",
                     *       "series": [
                     *         {
                     *           "abc": "A",
                     *           "demand_class": "smooth",
                     *           "price": 2,
                     *           "revenue": 21000.5,
                     *           "series_id": "1029743",
                     *           "units": 9800,
                     *           "variation": 0.4,
                     *           "xyz": "X"
                     *         }
                     *       ],
                     *       "total": 240,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["ClassesPage"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    conflicts_v1_conflicts_get: {
        parameters: {
            query?: {
                /** @description Only about this attribute. */
                attribute?: string | null;
                /** @description Only those that a planner decided, or only the others. */
                corrected?: boolean | null;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only where this producer disagrees. */
                producer?: string | null;
                /** @description Only SKUs that hold this text. */
                sku?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Disagreements, SKU by SKU */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "attributes": {
                     *         "brand": 12
                     *       },
                     *       "changed": false,
                     *       "corrections_to": "planners",
                     *       "cycle": "2017-12-04",
                     *       "items": [
                     *         {
                     *           "attribute": "brand",
                     *           "corrected": false,
                     *           "said": [
                     *             {
                     *               "file_version_id": "north-8ae625184e48101b",
                     *               "producer": "north",
                     *               "value": "National",
                     *               "wins": true
                     *             },
                     *             {
                     *               "file_version_id": "north-8ae625184e48101b",
                     *               "producer": "online",
                     *               "value": "Private",
                     *               "wins": false
                     *             }
                     *           ],
                     *           "sku": "1029743"
                     *         }
                     *       ],
                     *       "next": "WyIuLi4iXQ",
                     *       "total": 12,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["Conflicts"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    correct_v1_conflicts_corrections_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "corrections": [
                 *         {
                 *           "attribute": "brand",
                 *           "sku": "1029743",
                 *           "value": "National"
                 *         }
                 *       ],
                 *       "reason": "as printed on the pack"
                 *     }
                 */
                "application/json": components["schemas"]["CorrectionsWanted"];
            };
        };
        responses: {
            /** @description A file of corrections landed */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bytes": 18230,
                     *       "corrections": 1,
                     *       "producer": "planners",
                     *       "replaced": false,
                     *       "sha256": "9c1f",
                     *       "uri": "north/week-50.csv"
                     *     }
                     */
                    "application/json": components["schemas"]["Corrected"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-sku"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet_or_planning-unavailable"];
        };
    };
    contributions_v1_contributions__series_id__get: {
        parameters: {
            query?: {
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Only this lead; all when left out. */
                lead?: number | null;
            };
            header?: never;
            path: {
                /** @description The key columns joined by `|`. */
                series_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What every driver adds to the baseline, lead by lead */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "leads": [
                     *         {
                     *           "baseline": 4.7,
                     *           "bucket_start": "2017-12-04",
                     *           "drivers": [
                     *             {
                     *               "contribution": 2.4,
                     *               "detail": "display in 60 % of stores",
                     *               "driver": "promotion"
                     *             }
                     *           ],
                     *           "forecast": 7.1,
                     *           "lead": 1
                     *         }
                     *       ],
                     *       "series_id": "1029743"
                     *     }
                     */
                    "application/json": components["schemas"]["Contributions"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    all_cycles_v1_cycles_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every cycle, and what was made of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycles": [
                     *         {
                     *           "bundled": true,
                     *           "cycle": "2017-12-04",
                     *           "explained": false,
                     *           "forecast": true,
                     *           "published": true,
                     *           "scored": false,
                     *           "served": true,
                     *           "trained": false
                     *         }
                     *       ],
                     *       "dagster_url": "http://127.0.0.1:3000"
                     *     }
                     */
                    "application/json": components["schemas"]["Cycles"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    cycle_card_v1_cycles__cycle__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Cutoff of the cycle, YYYY-MM-DD. */
                cycle: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Model, leaderboard, intervals, planners, tables */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bundled": true,
                     *       "configuration": "3f1c9ab01d2e",
                     *       "cycle": "2017-12-04",
                     *       "explained": false,
                     *       "forecast": true,
                     *       "intervals": [
                     *         {
                     *           "coverage": 0.81,
                     *           "cycles": 6,
                     *           "demand_class": "smooth",
                     *           "high": 0.9,
                     *           "level": 80,
                     *           "low": 0.7,
                     *           "observations": 4000,
                     *           "verdict": "holds"
                     *         }
                     *       ],
                     *       "known_at": "2017-12-05T05:00:00Z",
                     *       "leaderboard": [
                     *         {
                     *           "bias": 0.01,
                     *           "champion": true,
                     *           "demand_class": "smooth",
                     *           "method": "blend",
                     *           "observations": 5200,
                     *           "reason": "lowest error",
                     *           "rmse": 11.3,
                     *           "share": 0.6,
                     *           "wape": 0.42,
                     *           "wql": 0.31
                     *         }
                     *       ],
                     *       "lineage": [
                     *         {
                     *           "bytes": 6400000,
                     *           "location": "lake/forecasts/cycle=2017-12-04",
                     *           "rows": 120000,
                     *           "sha256": "3f1c9ab01d2e",
                     *           "table": "forecasts"
                     *         }
                     *       ],
                     *       "planner_inputs": {
                     *         "last_change": 12,
                     *         "ledger_hash": "3f1c9ab01d2e",
                     *         "ledger_sequence": 12
                     *       },
                     *       "published": true,
                     *       "receipt": "3f1c9ab01d2e",
                     *       "scored": false,
                     *       "served": true,
                     *       "trained": false
                     *     }
                     */
                    "application/json": components["schemas"]["CycleCard"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    kept_bundles_v1_cycles_bundles_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every bundle that is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bundles": [
                     *         {
                     *           "bundle": "3f1c9a01",
                     *           "can_be_served": true,
                     *           "cycle": "2017-12-04",
                     *           "is_newest": true,
                     *           "is_served": true,
                     *           "written_at": "2017-12-04T06:00:00Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["KeptBundles"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    current_cycle_v1_cycles_current_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cycle and what made its forecasts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "bundle": "3f1c9a01",
                     *       "champion": "2017-10-02",
                     *       "cycle": "2017-12-04",
                     *       "horizon": 2,
                     *       "interval_levels": [
                     *         80
                     *       ],
                     *       "key": [
                     *         "sku"
                     *       ],
                     *       "leads": [
                     *         "2017-12-04",
                     *         "2017-12-11"
                     *       ],
                     *       "loaded_at": "2017-12-04T06:00:00Z",
                     *       "methods": {
                     *         "blend": 200,
                     *         "croston": 40
                     *       },
                     *       "model_versions": {
                     *         "2017-10-02+3f1c9ab01d2e": 200,
                     *         "statsforecast": 40
                     *       },
                     *       "pinned": {
                     *         "at": "2017-12-05T09:12:00Z",
                     *         "by": "ada",
                     *         "newest_bundle": "77ab02c4",
                     *         "newest_cycle": "2017-12-11",
                     *         "reason": "prices of week 49 were wrong"
                     *       },
                     *       "promotions": [
                     *         "display",
                     *         "mailer"
                     *       ],
                     *       "quantile_levels": [
                     *         0.1,
                     *         0.5,
                     *         0.9
                     *       ],
                     *       "regressors": [
                     *         "temperature"
                     *       ],
                     *       "series": 240,
                     *       "skus": 240
                     *     }
                     */
                    "application/json": components["schemas"]["Cycle"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    roll_back_v1_cycles_current_put: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "prices of week 49 were wrong",
                 *       "to": "2017-11-27"
                 *     }
                 */
                "application/json": components["schemas"]["Rollback"];
            };
        };
        responses: {
            /** @description What is served now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "bundle": "3f1c9a01",
                     *       "champion": "2017-10-02",
                     *       "cycle": "2017-12-04",
                     *       "horizon": 2,
                     *       "interval_levels": [
                     *         80
                     *       ],
                     *       "key": [
                     *         "sku"
                     *       ],
                     *       "leads": [
                     *         "2017-12-04",
                     *         "2017-12-11"
                     *       ],
                     *       "loaded_at": "2017-12-04T06:00:00Z",
                     *       "methods": {
                     *         "blend": 200,
                     *         "croston": 40
                     *       },
                     *       "model_versions": {
                     *         "2017-10-02+3f1c9ab01d2e": 200,
                     *         "statsforecast": 40
                     *       },
                     *       "pinned": {
                     *         "at": "2017-12-05T09:12:00Z",
                     *         "by": "ada",
                     *         "newest_bundle": "77ab02c4",
                     *         "newest_cycle": "2017-12-11",
                     *         "reason": "prices of week 49 were wrong"
                     *       },
                     *       "promotions": [
                     *         "display",
                     *         "mailer"
                     *       ],
                     *       "quantile_levels": [
                     *         0.1,
                     *         0.5,
                     *         0.9
                     *       ],
                     *       "regressors": [
                     *         "temperature"
                     *       ],
                     *       "series": 240,
                     *       "skus": 240
                     *     }
                     */
                    "application/json": components["schemas"]["Cycle"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            409: components["responses"]["cannot-be-served"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet_or_planning-unavailable"];
        };
    };
    undo_rollback_v1_cycles_current_delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is served now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "bundle": "3f1c9a01",
                     *       "champion": "2017-10-02",
                     *       "cycle": "2017-12-04",
                     *       "horizon": 2,
                     *       "interval_levels": [
                     *         80
                     *       ],
                     *       "key": [
                     *         "sku"
                     *       ],
                     *       "leads": [
                     *         "2017-12-04",
                     *         "2017-12-11"
                     *       ],
                     *       "loaded_at": "2017-12-04T06:00:00Z",
                     *       "methods": {
                     *         "blend": 200,
                     *         "croston": 40
                     *       },
                     *       "model_versions": {
                     *         "2017-10-02+3f1c9ab01d2e": 200,
                     *         "statsforecast": 40
                     *       },
                     *       "pinned": {
                     *         "at": "2017-12-05T09:12:00Z",
                     *         "by": "ada",
                     *         "newest_bundle": "77ab02c4",
                     *         "newest_cycle": "2017-12-11",
                     *         "reason": "prices of week 49 were wrong"
                     *       },
                     *       "promotions": [
                     *         "display",
                     *         "mailer"
                     *       ],
                     *       "quantile_levels": [
                     *         0.1,
                     *         0.5,
                     *         0.9
                     *       ],
                     *       "regressors": [
                     *         "temperature"
                     *       ],
                     *       "series": 240,
                     *       "skus": 240
                     *     }
                     */
                    "application/json": components["schemas"]["Cycle"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            409: components["responses"]["cannot-be-served"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet_or_planning-unavailable"];
        };
    };
    drift_v1_drift_get: {
        parameters: {
            query?: {
                /** @description Cutoff of the cycle; the one in service when left out. */
                cycle?: string | null;
                /** @description Only of this kind. */
                kind?: ("metric" | "coverage" | "channels" | "attributes" | "estimate") | null;
                /** @description Only with this verdict. */
                verdict?: ("stable" | "drift" | "unjudged" | "shown") | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What changed since the champion was trained */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "compared": [
                     *         {
                     *           "kind": "metric",
                     *           "measure": "against its backtest",
                     *           "name": "wape",
                     *           "observations": 35894,
                     *           "reference": 0.6,
                     *           "threshold": 0.69,
                     *           "value": 0.63,
                     *           "verdict": "stable",
                     *           "words": "wape: against its backtest 0.63 against 0.6, at most 0.69 is stable"
                     *         }
                     *       ],
                     *       "cycle": "2017-10-30",
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["Drift"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    drift_cycles_v1_drift_cycles_get: {
        parameters: {
            query?: {
                /** @description Cycles at most, the newest. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Verdicts and retrainings, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycles": [
                     *         {
                     *           "backtest": 0.6,
                     *           "cause": "wape: 0.7 against 0.6",
                     *           "champion": "2017-10-02+c41d",
                     *           "cycle": "2017-10-30",
                     *           "error": 0.7,
                     *           "kinds": [
                     *             "metric"
                     *           ],
                     *           "limit": 0.69,
                     *           "metric": "wape",
                     *           "naive": 0.74,
                     *           "verdict": "drift"
                     *         }
                     *       ],
                     *       "retrainings": [
                     *         {
                     *           "accepted": true,
                     *           "cause": "no model yet",
                     *           "cycle": "2017-10-02",
                     *           "reason": "the first model",
                     *           "trained_at": "2017-10-03T04:11:00Z",
                     *           "verdict": "first"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DriftCycles"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    files_v1_files_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Only of this feed. */
                feed?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only of this producer. */
                producer?: string | null;
                /** @description Only waiting, accepted, superseded, duplicate, quarantined or recalled ones. */
                state?: string | null;
                /** @description Only paths that hold this text. */
                uri?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description File versions, the last to arrive first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "files": [
                     *         {
                     *           "arrived_at": "2017-12-04T10:00:00Z",
                     *           "bytes": 204800,
                     *           "content_sha256": "3f1c9ab01d2e",
                     *           "feed": "transactions",
                     *           "file_version_id": "north-8ae625184e48101b",
                     *           "producer": "north",
                     *           "rows": {
                     *             "accepted": 2533,
                     *             "duplicate": 0,
                     *             "read": 2592,
                     *             "rejected": 59
                     *           },
                     *           "state": "accepted",
                     *           "units": {
                     *             "accepted": 3380,
                     *             "duplicate": 0,
                     *             "read": 3441,
                     *             "rejected": 61
                     *           },
                     *           "uri": "north/2017-W48.csv"
                     *         }
                     *       ],
                     *       "next": "WyIuLi4iXQ",
                     *       "producers": {
                     *         "north": {
                     *           "accepted": 48
                     *         }
                     *       },
                     *       "total": 195
                     *     }
                     */
                    "application/json": components["schemas"]["FilesPage"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    file_version_v1_files__file_version_id__get: {
        parameters: {
            query?: {
                /** @description Rejected rows shown at most. */
                rejected?: number;
                /** @description Only those that this filter or type rule rejected. */
                rule?: string | null;
            };
            header?: never;
            path: {
                /** @description File version, as `GET /v1/files` lists it. */
                file_version_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ledger, quality report, rejected rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "archive": {
                     *         "bytes": 204800,
                     *         "location": "lake/_landed/3f1c9ab01d2e",
                     *         "sha256": "3f1c9ab01d2e"
                     *       },
                     *       "archived": true,
                     *       "arrived_at": "2017-12-04T10:00:00Z",
                     *       "buckets": [
                     *         "2017-11-27"
                     *       ],
                     *       "bytes": 204800,
                     *       "content_sha256": "3f1c9ab01d2e",
                     *       "events": [],
                     *       "feed": "transactions",
                     *       "file_version_id": "north-8ae625184e48101b",
                     *       "ledger": {
                     *         "rejected_by": [
                     *           {
                     *             "rows": 10,
                     *             "rule": "positive_quantity",
                     *             "units": 0
                     *           }
                     *         ],
                     *         "rows_withdrawn": 0,
                     *         "units_withdrawn": 0,
                     *         "withdrawn_by": []
                     *       },
                     *       "modified_at": "2017-12-04T10:00:00Z",
                     *       "producer": "north",
                     *       "quality": [
                     *         {
                     *           "compared_with": 31,
                     *           "expected": 370,
                     *           "measure": "day_rows",
                     *           "score": 0.96,
                     *           "subject": "2017-11-28",
                     *           "value": 481,
                     *           "verdict": "ok"
                     *         }
                     *       ],
                     *       "rejected_rows": [
                     *         {
                     *           "detail": "quantity is -1",
                     *           "original": {
                     *             "qty": "-1"
                     *           },
                     *           "reason": "positive_quantity",
                     *           "row_number": 17
                     *         }
                     *       ],
                     *       "rejected_total": 59,
                     *       "rows": {
                     *         "accepted": 2533,
                     *         "duplicate": 0,
                     *         "read": 2592,
                     *         "rejected": 59
                     *       },
                     *       "schema_drift": [],
                     *       "state": "accepted",
                     *       "tables": {
                     *         "unified_transactions": "3f1c9ab01d2e"
                     *       },
                     *       "units": {
                     *         "accepted": 3380,
                     *         "duplicate": 0,
                     *         "read": 3441,
                     *         "rejected": 61
                     *       },
                     *       "uri": "north/2017-W48.csv"
                     *     }
                     */
                    "application/json": components["schemas"]["FileCard"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-file"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    recall_v1_files__file_version_id__recall_get: {
        parameters: {
            query?: {
                /** @description Whether to look what would be computed again, which takes a while where files are read for it. */
                reach?: boolean;
            };
            header?: never;
            path: {
                /** @description File version, as `GET /v1/files` lists it. */
                file_version_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is computed from the file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file_version_id": "north-8ae625184e48101b",
                     *       "reached": {
                     *         "buckets": [
                     *           "2017-11-27"
                     *         ],
                     *         "cycles": [
                     *           "2017-12-04"
                     *         ],
                     *         "files": [],
                     *         "models": [],
                     *         "out_of_reach": [],
                     *         "scored": [
                     *           "2017-11-27"
                     *         ]
                     *       },
                     *       "recalled": false
                     *     }
                     */
                    "application/json": components["schemas"]["Recall"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-file"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    take_back_v1_files__file_version_id__recall_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description File version, as `GET /v1/files` lists it. */
                file_version_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "till 4 counted twice"
                 *     }
                 */
                "application/json": components["schemas"]["RecallAsked"];
            };
        };
        responses: {
            /** @description It holds from now on */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "at": "2017-12-05T09:00:00Z",
                     *       "by": "dee",
                     *       "event": "recall",
                     *       "file_version_id": "north-8ae625184e48101b",
                     *       "reached": {
                     *         "buckets": [
                     *           "2017-11-27"
                     *         ],
                     *         "cycles": [
                     *           "2017-12-04"
                     *         ],
                     *         "files": [],
                     *         "models": [],
                     *         "out_of_reach": [],
                     *         "scored": [
                     *           "2017-11-27"
                     *         ]
                     *       },
                     *       "reason": "till 4 counted twice"
                     *     }
                     */
                    "application/json": components["schemas"]["Recalled"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-file"];
            409: components["responses"]["cannot-be-recalled"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    undo_v1_files__file_version_id__recall_delete: {
        parameters: {
            query: {
                /** @description Why; it stands beside who and when with the file and in the ledger. */
                reason: string;
            };
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description File version, as `GET /v1/files` lists it. */
                file_version_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It holds from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "at": "2017-12-05T09:00:00Z",
                     *       "by": "dee",
                     *       "event": "recall",
                     *       "file_version_id": "north-8ae625184e48101b",
                     *       "reached": {
                     *         "buckets": [
                     *           "2017-11-27"
                     *         ],
                     *         "cycles": [
                     *           "2017-12-04"
                     *         ],
                     *         "files": [],
                     *         "models": [],
                     *         "out_of_reach": [],
                     *         "scored": [
                     *           "2017-11-27"
                     *         ]
                     *       },
                     *       "reason": "till 4 counted twice"
                     *     }
                     */
                    "application/json": components["schemas"]["Recalled"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-file"];
            409: components["responses"]["cannot-be-recalled"];
            422: components["responses"]["bad-parameter_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    upload_v1_files__producer___name__put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the file; it must be one that the producer's `files` match. */
                name: string;
                /** @description A producer of `demand.yaml`; calendars and promotions are producers' feeds, too. */
                producer: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description It lies in the landing folder */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bytes": 18230,
                     *       "producer": "north",
                     *       "replaced": false,
                     *       "sha256": "9c1f",
                     *       "uri": "north/week-50.csv"
                     *     }
                     */
                    "application/json": components["schemas"]["Uploaded"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-producer"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    catalogue_v1_forecast_catalogue_get: {
        parameters: {
            query?: {
                /** @description A day in place of a cycle: the newest cycle answers that was known when this day began, in the business time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it is that cycle as it stands, planners' numbers and recalls since included. */
                as_of?: string | null;
                /** @description `name:value` of an attribute or key column; may stand more than once. Values of one name are alternatives, different names must all hold. `<UNK>` stands for a missing value. */
                attribute?: string[];
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Format; when left out the one that `Accept` prefers, and NDJSON where it accepts anything. */
                format?: ("ndjson" | "csv" | "parquet" | "arrow") | null;
                /** @description Leads to return, from 1 to the horizon of the cycle; all when left out. */
                horizon?: number | null;
                /** @description Leads to return, numbers and ranges such as 1,4 or 2-5, instead of `horizon`; answered in ascending order. */
                leads?: string | null;
                /** @description Central interval levels in percent, whole numbers from 1 to 99 separated by commas; those of the configuration when left out. A level that is not published is interpolated from those that are (see `basis`). */
                levels?: string | null;
                /** @description What made the forecast of the first lead. */
                method?: string | null;
                /** @description Quantile levels, numbers above 0 and below 1 separated by commas; none when left out. They are interpolated as interval levels are, and never cross. */
                quantiles?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A row per series and lead, sent while it is read */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apache.arrow.stream": string;
                    "application/vnd.apache.parquet": string;
                    /** @example {"series_id":"1029743","sku":"1029743","lead":1,"bucket_start":"2017-12-04","mean":7.1,"median":6.0,"published":7.3,"naive":5.9,"overridden":false,"user":null,"reason_code":null,"method":"blend","model_version":"2017-10-02+3f1c9ab01d2e","receipt":"9c1f","lower_80":3.0,"upper_80":11.5} */
                    "application/x-ndjson": components["schemas"]["CatalogueRow"];
                    /**
                     * @example "series_id","sku","lead","bucket_start","mean","median","published","naive","overridden","user","reason_code","method","model_version","receipt","lower_80","upper_80"
                     *     "1029743","1029743",1,2017-12-04,7.1,6,7.3,5.9,false,,,"blend","2017-10-02+3f1c9ab01d2e","9c1f",3,11.5
                     */
                    "text/csv": string;
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            406: components["responses"]["not-acceptable"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    newcomer_v1_forecast_newcomers_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "attributes": {
                 *         "brand": "National",
                 *         "department": "GROCERY"
                 *       },
                 *       "horizon": 1
                 *     }
                 */
                "application/json": components["schemas"]["Newcomer"];
            };
        };
        responses: {
            /** @description Mean, median and intervals, lead by lead */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "cycle": "2017-12-04",
                     *       "horizon": 1,
                     *       "interval_method": "empirical",
                     *       "leads": [
                     *         {
                     *           "bucket_start": "2017-12-04",
                     *           "intervals": [
                     *             {
                     *               "basis": "published",
                     *               "level": 80,
                     *               "lower": 3,
                     *               "upper": 11.5
                     *             }
                     *           ],
                     *           "lead": 1,
                     *           "mean": 7.1,
                     *           "median": 6,
                     *           "quantiles": []
                     *         }
                     *       ],
                     *       "method": "analogue"
                     *     }
                     */
                    "application/json": components["schemas"]["NewcomerForecast"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_not-computable"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    forecast_of_node_v1_forecast_nodes__hierarchy___node__get: {
        parameters: {
            query?: {
                /** @description A day in place of a cycle: the newest cycle answers that was known when this day began, in the business time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it is that cycle as it stands, planners' numbers and recalls since included. */
                as_of?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Leads to return, from 1 to the horizon of the cycle; all when left out. */
                horizon?: number | null;
                /** @description Leads to return, numbers and ranges such as 1,4 or 2-5, instead of `horizon`; answered in ascending order. */
                leads?: string | null;
                /** @description Level of the node, where two levels have a node of that path; the highest one when left out. */
                level?: string | null;
                /** @description Central interval levels in percent, whole numbers from 1 to 99 separated by commas; those of the configuration when left out. A level that is not published is interpolated from those that are (see `basis`). */
                levels?: string | null;
                /** @description Quantile levels, numbers above 0 and below 1 separated by commas; none when left out. They are interpolated as interval levels are, and never cross. */
                quantiles?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of a hierarchy, as configured. */
                hierarchy: string;
                /** @description Path of the node, joined by `/`; `total` is the top. */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reconciled forecast of the node, and what is below it */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "child_level": "category",
                     *       "child_names": [
                     *         "GROCERY/CHEESE",
                     *         "GROCERY/MILK"
                     *       ],
                     *       "children": 2,
                     *       "cycle": "2017-12-04",
                     *       "hierarchy": "product",
                     *       "horizon": 1,
                     *       "leads": [
                     *         {
                     *           "base_forecast": 790.3,
                     *           "bucket_start": "2017-12-04",
                     *           "intervals": [
                     *             {
                     *               "basis": "published",
                     *               "level": 80,
                     *               "lower": 700,
                     *               "upper": 915.5
                     *             }
                     *           ],
                     *           "lead": 1,
                     *           "locked": false,
                     *           "mean": 812.5,
                     *           "median": 809,
                     *           "published": 830,
                     *           "quantiles": []
                     *         }
                     *       ],
                     *       "level": "department",
                     *       "node": "GROCERY",
                     *       "parent": "total",
                     *       "series": 240
                     *     }
                     */
                    "application/json": components["schemas"]["NodeForecast"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    forecasts_of_skus_v1_forecast_skus_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "horizon": 1,
                 *       "levels": [
                 *         80
                 *       ],
                 *       "quantiles": [
                 *         0.9
                 *       ],
                 *       "skus": [
                 *         "1029743",
                 *         "0000000"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ManySkus"];
            };
        };
        responses: {
            /** @description Forecasts of the SKUs found, and the others by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "cycle": "2017-12-04",
                     *       "forecasts": [
                     *         {
                     *           "bucket_weeks": 1,
                     *           "cycle": "2017-12-04",
                     *           "horizon": 1,
                     *           "series": [
                     *             {
                     *               "computed": false,
                     *               "key": {
                     *                 "sku": "1029743"
                     *               },
                     *               "leads": [
                     *                 {
                     *                   "bucket_start": "2017-12-04",
                     *                   "intervals": [
                     *                     {
                     *                       "basis": "published",
                     *                       "level": 80,
                     *                       "lower": 3,
                     *                       "upper": 11.5
                     *                     }
                     *                   ],
                     *                   "lead": 1,
                     *                   "mean": 7.1,
                     *                   "median": 6,
                     *                   "method": "blend",
                     *                   "model_version": "2017-10-02+3f1c9ab01d2e",
                     *                   "naive": 5.9,
                     *                   "overridden": true,
                     *                   "override": {
                     *                     "quantity": 40,
                     *                     "reason_code": "launch",
                     *                     "user": "ann"
                     *                   },
                     *                   "published": 40,
                     *                   "quantiles": [
                     *                     {
                     *                       "basis": "published",
                     *                       "level": 0.9,
                     *                       "value": 11.5
                     *                     }
                     *                   ],
                     *                   "receipt": "9c1f"
                     *                 }
                     *               ],
                     *               "series_id": "1029743",
                     *               "total": {
                     *                 "intervals": [
                     *                   {
                     *                     "basis": "published",
                     *                     "level": 80,
                     *                     "lower": 3,
                     *                     "upper": 11.5
                     *                   }
                     *                 ],
                     *                 "mean": 7.1,
                     *                 "median": 6,
                     *                 "quantiles": [
                     *                   {
                     *                     "basis": "published",
                     *                     "level": 0.9,
                     *                     "value": 11.5
                     *                   }
                     *                 ]
                     *               }
                     *             }
                     *           ],
                     *           "sku": "1029743"
                     *         }
                     *       ],
                     *       "horizon": 1,
                     *       "unknown": [
                     *         "0000000"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SkuForecasts"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    forecast_of_sku_v1_forecast_skus__sku__get: {
        parameters: {
            query?: {
                /** @description A day in place of a cycle: the newest cycle answers that was known when this day began, in the business time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it is that cycle as it stands, planners' numbers and recalls since included. */
                as_of?: string | null;
                /** @description Run the network now, on CPU, instead of reading the batch's numbers. It agrees with the batch to 1e-5. It answers for the series that the network forecasts; the others come from the batch, with `computed: false`. */
                compute?: boolean;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Leads to return, from 1 to the horizon of the cycle; all when left out. */
                horizon?: number | null;
                /** @description Leads to return, numbers and ranges such as 1,4 or 2-5, instead of `horizon`; answered in ascending order. */
                leads?: string | null;
                /** @description Central interval levels in percent, whole numbers from 1 to 99 separated by commas; those of the configuration when left out. A level that is not published is interpolated from those that are (see `basis`). */
                levels?: string | null;
                /** @description Quantile levels, numbers above 0 and below 1 separated by commas; none when left out. They are interpolated as interval levels are, and never cross. */
                quantiles?: string | null;
            };
            header?: never;
            path: {
                /** @description Stock keeping unit, as the producers write it. */
                sku: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Mean, median and intervals of every series of the SKU */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "cycle": "2017-12-04",
                     *       "horizon": 1,
                     *       "series": [
                     *         {
                     *           "computed": false,
                     *           "key": {
                     *             "sku": "1029743"
                     *           },
                     *           "leads": [
                     *             {
                     *               "bucket_start": "2017-12-04",
                     *               "intervals": [
                     *                 {
                     *                   "basis": "published",
                     *                   "level": 80,
                     *                   "lower": 3,
                     *                   "upper": 11.5
                     *                 }
                     *               ],
                     *               "lead": 1,
                     *               "mean": 7.1,
                     *               "median": 6,
                     *               "method": "blend",
                     *               "model_version": "2017-10-02+3f1c9ab01d2e",
                     *               "naive": 5.9,
                     *               "overridden": true,
                     *               "override": {
                     *                 "quantity": 40,
                     *                 "reason_code": "launch",
                     *                 "user": "ann"
                     *               },
                     *               "published": 40,
                     *               "quantiles": [
                     *                 {
                     *                   "basis": "published",
                     *                   "level": 0.9,
                     *                   "value": 11.5
                     *                 }
                     *               ],
                     *               "receipt": "9c1f"
                     *             }
                     *           ],
                     *           "series_id": "1029743",
                     *           "total": {
                     *             "intervals": [
                     *               {
                     *                 "basis": "published",
                     *                 "level": 80,
                     *                 "lower": 3,
                     *                 "upper": 11.5
                     *               }
                     *             ],
                     *             "mean": 7.1,
                     *             "median": 6,
                     *             "quantiles": [
                     *               {
                     *                 "basis": "published",
                     *                 "level": 0.9,
                     *                 "value": 11.5
                     *               }
                     *             ]
                     *           }
                     *         }
                     *       ],
                     *       "sku": "1029743"
                     *     }
                     */
                    "application/json": components["schemas"]["SkuForecast"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-sku_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    what_if_v1_forecast_what_if_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "horizon": 1,
                 *       "promotions": {
                 *         "display": {
                 *           "2017-12-04": 1
                 *         }
                 *       },
                 *       "series_id": "1029743"
                 *     }
                 */
                "application/json": components["schemas"]["WhatIf"];
            };
        };
        responses: {
            /** @description The forecast under the plans asked about, and without */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "changed": [
                     *         "promo_display"
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "difference": 2.4,
                     *       "horizon": 1,
                     *       "interval_method": "network",
                     *       "leads": [
                     *         {
                     *           "bucket_start": "2017-12-04",
                     *           "difference": 2.4,
                     *           "forecast": {
                     *             "intervals": [
                     *               {
                     *                 "basis": "published",
                     *                 "level": 80,
                     *                 "lower": 3,
                     *                 "upper": 11.5
                     *               }
                     *             ],
                     *             "mean": 9.5,
                     *             "median": 8,
                     *             "published": 9.8,
                     *             "quantiles": []
                     *           },
                     *           "lead": 1,
                     *           "published_difference": 2.5,
                     *           "unchanged": {
                     *             "intervals": [
                     *               {
                     *                 "basis": "published",
                     *                 "level": 80,
                     *                 "lower": 3,
                     *                 "upper": 11.5
                     *               }
                     *             ],
                     *             "mean": 7.1,
                     *             "median": 6,
                     *             "published": 7.3,
                     *             "quantiles": []
                     *           }
                     *         }
                     *       ],
                     *       "method": "blend",
                     *       "model_version": "2017-10-02+3f1c9ab01d2e",
                     *       "series_id": "1029743"
                     *     }
                     */
                    "application/json": components["schemas"]["WhatIfForecast"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_unknown-cycle"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_not-computable"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    all_hierarchies_v1_hierarchies_get: {
        parameters: {
            query?: {
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every hierarchy with its levels */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "hierarchies": [
                     *         {
                     *           "levels": [
                     *             {
                     *               "level": "total",
                     *               "nodes": 1
                     *             },
                     *             {
                     *               "level": "series",
                     *               "nodes": 240
                     *             }
                     *           ],
                     *           "name": "product"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Hierarchies"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    channels_of_node_v1_hierarchies__name__channels__node__get: {
        parameters: {
            query?: {
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Level of the node, where two levels have a node of that path; the highest one when left out. */
                level?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of a hierarchy, as configured. */
                name: string;
                /** @description Path of the node, joined by `/`; `total` is the top. */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which share of the series is promoted, and the calendar, by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "channels": [
                     *         {
                     *           "kind": "known",
                     *           "name": "promo_display",
                     *           "values": [
                     *             0.02,
                     *             0.05
                     *           ]
                     *         },
                     *         {
                     *           "kind": "calendar",
                     *           "name": "holiday",
                     *           "values": [
                     *             0,
                     *             0
                     *           ]
                     *         },
                     *         {
                     *           "kind": "past",
                     *           "name": "not_observed",
                     *           "values": [
                     *             0.01,
                     *             null
                     *           ]
                     *         }
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "hierarchy": "product",
                     *       "history": 1,
                     *       "level": "department",
                     *       "node": "GROCERY",
                     *       "series": 18371,
                     *       "starts": [
                     *         "2017-11-27",
                     *         "2017-12-04"
                     *       ],
                     *       "told": 9120
                     *     }
                     */
                    "application/json": components["schemas"]["ChannelsOfNode"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    history_of_node_v1_hierarchies__name__history__node__get: {
        parameters: {
            query?: {
                /** @description Newest buckets before the cutoff; all that are kept when left out. */
                buckets?: number | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Level of the node, where two levels have a node of that path; the highest one when left out. */
                level?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of a hierarchy, as configured. */
                name: string;
                /** @description Path of the node, joined by `/`; `total` is the top. */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the series below the node sold together, bucket by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "buckets": [
                     *         {
                     *           "bucket_start": "2017-11-27",
                     *           "capped": 7,
                     *           "observed": true,
                     *           "units": 7
                     *         }
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "hierarchy": "product",
                     *       "level": "department",
                     *       "node": "GROCERY"
                     *     }
                     */
                    "application/json": components["schemas"]["NodeHistory"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    nodes_of_hierarchy_v1_hierarchies__name__nodes_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Level to list, `series` included; all levels of nodes when left out. */
                level?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Whether each node is told with its numbers, lead by lead. */
                numbers?: boolean;
                /** @description Path of a node: only what is right below it is listed. */
                parent?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of a hierarchy, as configured. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Nodes by level from the top, then path */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "hierarchy": "product",
                     *       "leads": [
                     *         "2017-12-04",
                     *         "2017-12-11"
                     *       ],
                     *       "next": "WyIuLi4iXQ",
                     *       "nodes": [
                     *         {
                     *           "level": "category",
                     *           "node": "GROCERY/CHEESE",
                     *           "numbers": {
                     *             "locked": [
                     *               true,
                     *               false
                     *             ],
                     *             "mean": [
                     *               812.5,
                     *               842.5
                     *             ],
                     *             "published": [
                     *               830,
                     *               842.5
                     *             ]
                     *           },
                     *           "parent": "GROCERY",
                     *           "series": 24
                     *         }
                     *       ],
                     *       "total": 240,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["NodePage"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    history_of_sku_v1_history__sku__get: {
        parameters: {
            query?: {
                /** @description A day in place of a cycle: the newest cycle answers that was known when this day began, in the business time zone, i.e. whose knowledge time (cutoff and grace of arrival) is not later. The answer names it; it is that cycle as it stands, planners' numbers and recalls since included. */
                as_of?: string | null;
                /** @description Newest buckets before the cutoff; all that are kept when left out. */
                buckets?: number | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
            };
            header?: never;
            path: {
                /** @description Stock keeping unit, as the producers write it. */
                sku: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What every series of the SKU sold, bucket by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_weeks": 1,
                     *       "cycle": "2017-12-04",
                     *       "series": [
                     *         {
                     *           "buckets": [
                     *             {
                     *               "bucket_start": "2017-11-27",
                     *               "capped": 7,
                     *               "observed": true,
                     *               "units": 7
                     *             }
                     *           ],
                     *           "key": {
                     *             "sku": "1029743"
                     *           },
                     *           "series_id": "1029743"
                     *         }
                     *       ],
                     *       "sku": "1029743"
                     *     }
                     */
                    "application/json": components["schemas"]["SkuHistory"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-sku_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    keys_v1_keys_get: {
        parameters: {
            query?: {
                /** @description Also those that no longer hold. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Keys of all users, without their secrets */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "expires_at": "2018-03-05T12:00:00Z",
                     *           "permissions": [
                     *             "read"
                     *           ],
                     *           "prefix": "k3m9q2xw",
                     *           "purpose": "dashboard",
                     *           "state": "holds",
                     *           "user": "shop"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Keys"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    create_v1_keys_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "permissions": [
                 *         "read"
                 *       ],
                 *       "purpose": "dashboard",
                 *       "user": "shop"
                 *     }
                 */
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description The key, told once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "expires_at": "2018-03-05T12:00:00Z",
                     *       "key": "dp_k3m9q2xw_…",
                     *       "permissions": [
                     *         "read"
                     *       ],
                     *       "prefix": "k3m9q2xw",
                     *       "purpose": "dashboard",
                     *       "state": "holds",
                     *       "user": "shop"
                     *     }
                     */
                    "application/json": components["schemas"]["KeyMade"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-user"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    revoke_v1_keys__prefix__delete: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/keys` lists it. */
                prefix: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key, which is refused from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "expires_at": "2018-03-05T12:00:00Z",
                     *       "permissions": [
                     *         "read"
                     *       ],
                     *       "prefix": "k3m9q2xw",
                     *       "purpose": "dashboard",
                     *       "state": "holds",
                     *       "user": "shop"
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-key"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    rotate_v1_keys__prefix__rotate_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/keys` lists it. */
                prefix: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "overlap_hours": 24
                 *     }
                 */
                "application/json": components["schemas"]["Rotation"];
            };
        };
        responses: {
            /** @description The key, told once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "expires_at": "2018-03-05T12:00:00Z",
                     *       "key": "dp_k3m9q2xw_…",
                     *       "permissions": [
                     *         "read"
                     *       ],
                     *       "prefix": "k3m9q2xw",
                     *       "purpose": "dashboard",
                     *       "state": "holds",
                     *       "user": "shop"
                     *     }
                     */
                    "application/json": components["schemas"]["KeyMade"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-key"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    ledger_v1_ledger_get: {
        parameters: {
            query?: {
                /** @description What was done, exactly as `actions` has it. */
                action?: string | null;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Not before this day, UTC. */
                first?: string | null;
                /** @description Not after this day, UTC. */
                last?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Part of what it was done to. */
                subject?: string | null;
                /** @description Part of anything in a row: who, action, subject, what was before, what is after. */
                text?: string | null;
                /** @description Who did it, exactly. */
                user?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Rows of the audit ledger, the newest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "actions": [
                     *         "publish",
                     *         "set"
                     *       ],
                     *       "changed": false,
                     *       "next": "WyIuLi4iXQ",
                     *       "rows": [
                     *         {
                     *           "action": "set",
                     *           "after": {
                     *             "quantity": 120.5
                     *           },
                     *           "at": "2017-12-05T12:00:00Z",
                     *           "before": {
                     *             "quantity": 90
                     *           },
                     *           "is_cut": false,
                     *           "number": 12,
                     *           "subject": "product:GROCERY @ 2017-12-11",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "version": "12"
                     *     }
                     */
                    "application/json": components["schemas"]["Ledger"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    outliers_v1_outliers_get: {
        parameters: {
            query?: {
                /** @description Only with this cause: feed_duplicate, bulk_order, promotion, event, holiday, price or unknown. */
                cause?: string | null;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description By the money at stake, or the newest bucket first. */
                order?: "money" | "newest";
                /** @description Only buckets under a promotion, or only others. */
                promoted?: boolean | null;
                /** @description Only series whose id holds this text. */
                series?: string | null;
                /** @description Only buckets from this day on. */
                since?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Outliers by the money at stake */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "causes": {
                     *         "bulk_order": 12,
                     *         "unknown": 40
                     *       },
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "excess": 812.5,
                     *       "items": [
                     *         {
                     *           "bucket_start": "2017-11-27",
                     *           "capped": 41.5,
                     *           "causes": [
                     *             {
                     *               "cause": "bulk_order",
                     *               "evidence": "12 units per line in 3 lines, usually 1.5"
                     *             }
                     *           ],
                     *           "excess": 78.5,
                     *           "money": 196.25,
                     *           "price": 2.5,
                     *           "promoted": false,
                     *           "series_id": "1029743",
                     *           "sold": 120
                     *         }
                     *       ],
                     *       "money": 2031,
                     *       "next": "WyIuLi4iXQ",
                     *       "total": 52,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["Outliers"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    overrides_v1_overrides_get: {
        parameters: {
            query?: {
                /** @description Also those that no longer hold in the current cycle. */
                all?: boolean;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Only of this hierarchy. */
                hierarchy?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only of this node or series. */
                node?: string | null;
                /** @description Only those with this reason. */
                reason_code?: string | null;
                /** @description Only those that this user set. */
                user?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Numbers that planners set, oldest first */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "approval": "none",
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "next": "WyIuLi4iXQ",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "reason_codes": [
                     *         "promotion",
                     *         "price"
                     *       ],
                     *       "total": 1,
                     *       "version": "4"
                     *     }
                     */
                    "application/json": components["schemas"]["Overrides"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    set_overrides_v1_overrides_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
                /** @description ETag of `GET /v1/overrides` or of a cell when it was looked at; needed where a number is replaced. `*` replaces whatever there is. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "edits": [
                 *         {
                 *           "buckets": 3,
                 *           "comment": "leaflet of week 50",
                 *           "first": "2017-12-11",
                 *           "lock": true,
                 *           "node": "GROCERY",
                 *           "percent": 5,
                 *           "reason_code": "promotion"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["OverridesToSet"];
            };
        };
        responses: {
            /** @description They hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            /** @description They wait for approval */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    cells_v1_overrides__hierarchy___node__get: {
        parameters: {
            query?: {
                /** @description How many; all that follow if left out. */
                buckets?: number | null;
                /** @description First day of the first bucket; the first one forecast when left out. */
                first?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of a hierarchy, as configured. */
                hierarchy: string;
                /** @description Path of the node, joined by `/`; `total` is the top; or the id of a series. */
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is forecast, published and set, bucket by bucket */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "approval": "none",
                     *       "cells": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "override": {
                     *             "bucket_start": "2017-12-11",
                     *             "comment": "leaflet of week 50",
                     *             "cycle": "2017-12-04",
                     *             "ended": "2017-12-11",
                     *             "expires": "2018-01-01",
                     *             "hierarchy": "product",
                     *             "lock": true,
                     *             "node": "GROCERY",
                     *             "number": 4,
                     *             "quantity": 1250,
                     *             "reason_code": "promotion",
                     *             "split": "forecast",
                     *             "user": "ada"
                     *           },
                     *           "published": 1250,
                     *           "reconciled": 1190.5
                     *         }
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "hierarchy": "product",
                     *       "node": "GROCERY",
                     *       "reason_codes": [
                     *         "promotion",
                     *         "price"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Cells"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    withdraw_one_v1_overrides__number__delete: {
        parameters: {
            query: {
                /** @description Stands in the ledger. */
                reason: string;
            };
            header?: never;
            path: {
                /** @description As `GET /v1/overrides` lists it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It no longer holds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "withdrawn": [
                     *         4,
                     *         5
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Withdrawn"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    preview_v1_overrides_preview_post: {
        parameters: {
            query?: {
                /** @description Series shown at most, those that move most. */
                series?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "edits": [
                 *         {
                 *           "buckets": 3,
                 *           "comment": "leaflet of week 50",
                 *           "first": "2017-12-11",
                 *           "lock": true,
                 *           "node": "GROCERY",
                 *           "percent": 5,
                 *           "reason_code": "promotion"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["OverridesToSet"];
            };
        };
        responses: {
            /** @description Every total before and after, conflicts and advice */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "advice": [
                     *         "Of your 8 earlier raises for promotion, 3 came nearer to what was sold."
                     *       ],
                     *       "conflicts": [
                     *         "the number 900 that ada set for 'GROCERY' (product) in the bucket of 2017-12-11 cannot be kept"
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "effect": [
                     *         {
                     *           "after": 3750,
                     *           "before": 3571.5,
                     *           "difference": 178.5,
                     *           "hierarchy": "product",
                     *           "level": "department",
                     *           "node": "GROCERY"
                     *         }
                     *       ],
                     *       "replaced": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "series": 412,
                     *       "wanted": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Preview"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    withdraw_v1_overrides_withdraw_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "numbers": [
                 *         4,
                 *         5
                 *       ],
                 *       "reason": "cancelled"
                 *     }
                 */
                "application/json": components["schemas"]["NumbersToWithdraw"];
            };
        };
        responses: {
            /** @description They no longer hold */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "withdrawn": [
                     *         4,
                     *         5
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Withdrawn"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    producers_v1_producers_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Producers, and how fresh they are */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "at": "2017-12-05T09:00:00Z",
                     *       "producers": [
                     *         {
                     *           "arrived_at": "2017-12-04T10:00:00Z",
                     *           "configured": true,
                     *           "expected_by": "2017-12-11T10:00:00Z",
                     *           "feed": "transactions",
                     *           "files": [
                     *             "north/*.csv"
                     *           ],
                     *           "freshness": "on_time",
                     *           "newest_bucket": "2017-11-27",
                     *           "producer": "north",
                     *           "rows": {
                     *             "accepted": 121584,
                     *             "duplicate": 0,
                     *             "read": 124416,
                     *             "rejected": 2832
                     *           },
                     *           "states": {
                     *             "accepted": 48
                     *           },
                     *           "usual_days": 7
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Producers"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    proposals_v1_proposals_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description In place of those that wait, the last 500 that were decided on, the newest decision first. */
                decided?: boolean;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only those that this user proposed. */
                user?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Proposals that wait, or those decided on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "approval": "four_eyes",
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "next": "WyIuLi4iXQ",
                     *       "proposals": [
                     *         {
                     *           "cycle": "2017-12-04",
                     *           "decision": {
                     *             "approved": false,
                     *             "at": "2017-12-05T09:30:00Z",
                     *             "reason": "cancelled",
                     *             "user": "bob"
                     *           },
                     *           "inside": true,
                     *           "is_current": true,
                     *           "numbers": [
                     *             {
                     *               "bucket_start": "2017-12-11",
                     *               "comment": "leaflet of week 50",
                     *               "expires": "2018-01-01",
                     *               "hierarchy": "product",
                     *               "lock": true,
                     *               "node": "GROCERY",
                     *               "quantity": 1250,
                     *               "reason_code": "promotion",
                     *               "split": "forecast"
                     *             }
                     *           ],
                     *           "proposal": 7,
                     *           "proposed_at": "2017-12-04T15:00:00Z",
                     *           "total": 1,
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "total": 1,
                     *       "version": "7"
                     *     }
                     */
                    "application/json": components["schemas"]["Proposals"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    approve_v1_proposals__number__approve_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/proposals` lists it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-number"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    preview_v1_proposals__number__preview_post: {
        parameters: {
            query?: {
                /** @description Series shown at most, those that move most. */
                series?: number;
            };
            header?: never;
            path: {
                /** @description As `GET /v1/proposals` lists it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every total before and after, conflicts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "advice": [
                     *         "Of your 8 earlier raises for promotion, 3 came nearer to what was sold."
                     *       ],
                     *       "conflicts": [
                     *         "the number 900 that ada set for 'GROCERY' (product) in the bucket of 2017-12-11 cannot be kept"
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "effect": [
                     *         {
                     *           "after": 3750,
                     *           "before": 3571.5,
                     *           "difference": 178.5,
                     *           "hierarchy": "product",
                     *           "level": "department",
                     *           "node": "GROCERY"
                     *         }
                     *       ],
                     *       "replaced": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "series": 412,
                     *       "wanted": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Preview"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-number"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    reject_v1_proposals__number__reject_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/proposals` lists it. */
                number: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "cancelled"
                 *     }
                 */
                "application/json": components["schemas"]["Rejection"];
            };
        };
        responses: {
            /** @description It ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "rejected": 7
                     *     }
                     */
                    "application/json": components["schemas"]["Rejected"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-number"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    quality_v1_quality_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Only of files that arrived on this day, in the business time zone. */
                day?: string | null;
                /** @description Reports of one page at most. */
                limit?: number;
                /** @description Only of files of this producer. */
                producer?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Reports of data quality, the last file to arrive first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "day": "2017-12-04",
                     *       "newest": [
                     *         {
                     *           "arrived_at": "2017-12-04T10:00:00Z",
                     *           "feed": "transactions",
                     *           "file_version_id": "north-8ae625184e48101b",
                     *           "findings": [
                     *             {
                     *               "compared_with": 31,
                     *               "expected": 370,
                     *               "measure": "day_rows",
                     *               "score": 6.1,
                     *               "subject": "2017-11-28",
                     *               "value": 41,
                     *               "verdict": "warn"
                     *             }
                     *           ],
                     *           "producer": "north",
                     *           "state": "accepted",
                     *           "uri": "north/2017-W48.csv",
                     *           "verdicts": {
                     *             "ok": 30,
                     *             "warn": 1
                     *           }
                     *         }
                     *       ],
                     *       "next": "WyIuLi4iXQ",
                     *       "reports": [
                     *         {
                     *           "arrived_at": "2017-12-04T10:00:00Z",
                     *           "feed": "transactions",
                     *           "file_version_id": "north-8ae625184e48101b",
                     *           "findings": [
                     *             {
                     *               "compared_with": 31,
                     *               "expected": 370,
                     *               "measure": "day_rows",
                     *               "score": 6.1,
                     *               "subject": "2017-11-28",
                     *               "value": 41,
                     *               "verdict": "warn"
                     *             }
                     *           ],
                     *           "producer": "north",
                     *           "state": "accepted",
                     *           "uri": "north/2017-W48.csv",
                     *           "verdicts": {
                     *             "ok": 30,
                     *             "warn": 1
                     *           }
                     *         }
                     *       ],
                     *       "total": 195
                     *     }
                     */
                    "application/json": components["schemas"]["QualityPage"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    receipt_v1_receipts__id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A receipt's id, its first six letters or more, or the cutoff of a cycle for that of its forecasts. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Contents by hash, code, libraries, seed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "configuration": {
                     *         "series_key": [
                     *           "sku"
                     *         ]
                     *       },
                     *       "cycle": "2017-12-04",
                     *       "id": "3f1c9ab01d2e",
                     *       "intact": true,
                     *       "parts": {
                     *         "code": "2f417ac1",
                     *         "features": "3f1c9ab01d2e",
                     *         "seed": "20170102",
                     *         "threads": "1",
                     *         "weights": "3f1c9ab01d2e"
                     *       },
                     *       "table": "forecasts",
                     *       "tables": [
                     *         {
                     *           "current": true,
                     *           "location": "lake/forecasts/cycle=2017-12-04/part.parquet",
                     *           "sha256": "3f1c9ab01d2e",
                     *           "table": "forecasts"
                     *         }
                     *       ],
                     *       "verify": "dp receipt verify 3f1c9ab01d2e",
                     *       "verify_training": "dp receipt verify 3f1c9ab01d2e --training"
                     *     }
                     */
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-receipt"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    scenarios_v1_scenarios_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every scenario that is kept */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "scenarios": [
                     *         {
                     *           "cycle": "2017-12-04",
                     *           "definition": {
                     *             "changes": [
                     *               {
                     *                 "first": "2017-12-11",
                     *                 "kind": "growth",
                     *                 "last": "2017-12-17",
                     *                 "node": "total",
                     *                 "percent": 5
                     *               }
                     *             ]
                     *           },
                     *           "inside": true,
                     *           "name": "spring-sale",
                     *           "notes": [
                     *             "2 numbers of planners were kept"
                     *           ],
                     *           "number": 12,
                     *           "state": "up to date",
                     *           "units": 412.5,
                     *           "user": "ada",
                     *           "waits_since": "2017-12-04T15:00:00Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Scenarios"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    keep_v1_scenarios_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "definition": {
                 *         "changes": [
                 *           {
                 *             "first": "2017-12-11",
                 *             "kind": "growth",
                 *             "last": "2017-12-17",
                 *             "node": "total",
                 *             "percent": 5
                 *           }
                 *         ]
                 *       },
                 *       "name": "spring-sale"
                 *     }
                 */
                "application/json": components["schemas"]["ScenarioToKeep"];
            };
        };
        responses: {
            /** @description It is kept */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "definition": {
                     *         "changes": [
                     *           {
                     *             "first": "2017-12-11",
                     *             "kind": "growth",
                     *             "last": "2017-12-17",
                     *             "node": "total",
                     *             "percent": 5
                     *           }
                     *         ]
                     *       },
                     *       "inside": true,
                     *       "name": "spring-sale",
                     *       "notes": [
                     *         "2 numbers of planners were kept"
                     *       ],
                     *       "number": 12,
                     *       "state": "up to date",
                     *       "units": 412.5,
                     *       "user": "ada",
                     *       "waits_since": "2017-12-04T15:00:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Scenario"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-scenario"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    scenario_v1_scenarios__name__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Name of the scenario. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it was written, and its state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "definition": {
                     *         "changes": [
                     *           {
                     *             "first": "2017-12-11",
                     *             "kind": "growth",
                     *             "last": "2017-12-17",
                     *             "node": "total",
                     *             "percent": 5
                     *           }
                     *         ]
                     *       },
                     *       "inside": true,
                     *       "name": "spring-sale",
                     *       "notes": [
                     *         "2 numbers of planners were kept"
                     *       ],
                     *       "number": 12,
                     *       "state": "up to date",
                     *       "units": 412.5,
                     *       "user": "ada",
                     *       "waits_since": "2017-12-04T15:00:00Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Scenario"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-scenario"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    delete_v1_scenarios__name__delete: {
        parameters: {
            query?: {
                /** @description Its number when it was looked at; another of that name is left alone. */
                number?: number | null;
            };
            header?: never;
            path: {
                /** @description Name of the scenario. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deleted": "spring-sale"
                     *     }
                     */
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-scenario"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    comparison_v1_scenarios__name__comparison_get: {
        parameters: {
            query?: {
                /** @description Other scenarios; may stand more than once. */
                beside?: string[];
                /** @description Hierarchy; the first one when left out. */
                hierarchy?: string | null;
                /** @description Level, `total` or `series`. */
                level?: string;
                /** @description Rows at most, biggest difference first. */
                limit?: number;
                /** @description Only this node. */
                node?: string | null;
            };
            header?: never;
            path: {
                /** @description Name of the scenario. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Numbers and intervals beside the base */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "names": [
                     *         "base",
                     *         "spring-sale"
                     *       ],
                     *       "rows": [
                     *         {
                     *           "base:lower": 800,
                     *           "base:mean": 900,
                     *           "base:upper": 1000,
                     *           "bucket_start": "2017-12-11",
                     *           "lead": 2,
                     *           "node": "total",
                     *           "spring-sale:lower": 840,
                     *           "spring-sale:mean": 945,
                     *           "spring-sale:upper": 1050
                     *         }
                     *       ],
                     *       "total": 1
                     *     }
                     */
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-scenario"];
            422: components["responses"]["edit-refused"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    promote_v1_scenarios__name__promote_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
                /** @description ETag of `GET /v1/overrides` or of a cell when it was looked at; needed where a number is replaced. `*` replaces whatever there is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Name of the scenario. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason_code": "promotion"
                 *     }
                 */
                "application/json": components["schemas"]["Promotion"];
            };
        };
        responses: {
            /** @description Its numbers hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            /** @description They wait for approval */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-scenario"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    run_v1_scenarios__name__run_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Name of the scenario. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph was asked */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "request": 13,
                     *       "scenario": "spring-sale"
                     *     }
                     */
                    "application/json": components["schemas"]["Requested"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_unknown-scenario"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    all_series_v1_series_get: {
        parameters: {
            query?: {
                /** @description `name:value` of an attribute or key column; may stand more than once. Values of one name are alternatives, different names must all hold. `<UNK>` stands for a missing value. */
                attribute?: string[];
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description What made the forecast of the first lead. */
                method?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Series by SKU, with their attributes */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "next": "WyIuLi4iXQ",
                     *       "series": [
                     *         {
                     *           "attributes": {
                     *             "brand": "own",
                     *             "department": "GROCERY"
                     *           },
                     *           "key": {
                     *             "sku": "1029743"
                     *           },
                     *           "method": "blend",
                     *           "series_id": "1029743"
                     *         }
                     *       ],
                     *       "total": 240,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["SeriesPage"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    who_asks_v1_session_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who asks, and what they may */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "ada",
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "permissions": [
                     *         "plan",
                     *         "read"
                     *       ],
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "signed_in": true
                     *     }
                     */
                    "application/json": components["schemas"]["Asking"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    sign_in_v1_session_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "password": "one of your own",
                 *       "user": "ada"
                 *     }
                 */
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description A token, and until when it holds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJFUzI1NiJ9…",
                     *       "expires_in": 3600,
                     *       "token_type": "Bearer"
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["password-change-required"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    change_password_v1_session_password_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "new_password": "one of your own",
                 *       "password": "the one-time password",
                 *       "user": "ada"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description A token, and until when it holds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "access_token": "eyJhbGciOiJFUzI1NiJ9…",
                     *       "expires_in": 3600,
                     *       "token_type": "Bearer"
                     *     }
                     */
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: components["responses"]["not-authenticated"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["cannot-authenticate"];
        };
    };
    thresholds_v1_thresholds_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Settings of the configuration */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "reference": "docs/configuration.md",
                     *       "thresholds": [
                     *         {
                     *           "key": "exceptions.change_share",
                     *           "meaning": "A series is on the worklist if its published total differs by more than this share.",
                     *           "usual": 0.5,
                     *           "value": 0.5
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Thresholds"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    trace_v1_trace__series_id___bucket__get: {
        parameters: {
            query?: {
                /** @description Newest buckets of history shown. */
                buckets?: number;
                /** @description Cutoff of the cycle whose number it is; left out, the one in service, or for a bucket before that one's cutoff the newest cycle that forecast it. */
                cycle?: string | null;
                /** @description Bucket of history whose file rows are shown; the newest with any when left out. */
                history?: string | null;
            };
            header?: never;
            path: {
                /** @description First day of the forecast bucket, YYYY-MM-DD. */
                bucket: string;
                /** @description The key columns joined by `|`. */
                series_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every link of the number, from publication to file rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_start": "2017-12-11",
                     *       "cycle": "2017-12-04",
                     *       "files": [
                     *         {
                     *           "archive": {
                     *             "bytes": 204800,
                     *             "location": "lake/_landed/3f1c9ab01d2e",
                     *             "sha256": "3f1c9ab01d2e"
                     *           },
                     *           "archived": true,
                     *           "arrived_at": "2017-12-04T10:00:00Z",
                     *           "content_sha256": "3f1c9ab01d2e",
                     *           "file_version_id": "north-8ae6",
                     *           "made": {
                     *             "at": "2017-12-05T06:00:00Z",
                     *             "by": "closed_bucket_sensor",
                     *             "cause": "cycles without forecasts",
                     *             "code": "2f417ac1",
                     *             "configuration": "3f1c9ab01d2e",
                     *             "job": "weekly_cycle",
                     *             "run_id": "8e3c0a1d",
                     *             "trigger": "sensor"
                     *           },
                     *           "producer": "north",
                     *           "recalled": false,
                     *           "rows_sha256": "3f1c9ab01d2e",
                     *           "status": "accepted",
                     *           "uri": "north/2017-W48.csv"
                     *         }
                     *       ],
                     *       "forecast": {
                     *         "agrees": true,
                     *         "forecast": 211.8,
                     *         "median": 229,
                     *         "method": "blend",
                     *         "model_version": "2017-10-02+768eefe542ac",
                     *         "naive": 248.1,
                     *         "receipt": "3f1c9ab01d2e",
                     *         "source": {
                     *           "current": true,
                     *           "key": {
                     *             "series_id": "1029743"
                     *           },
                     *           "location": "lake/forecasts/2017-12-04",
                     *           "made": {
                     *             "at": "2017-12-05T06:00:00Z",
                     *             "by": "closed_bucket_sensor",
                     *             "cause": "cycles without forecasts",
                     *             "code": "2f417ac1",
                     *             "configuration": "3f1c9ab01d2e",
                     *             "job": "weekly_cycle",
                     *             "run_id": "8e3c0a1d",
                     *             "trigger": "sensor"
                     *           },
                     *           "partition": "2017-12-04",
                     *           "sha256": "3f1c9ab01d2e",
                     *           "table": "forecasts"
                     *         }
                     *       },
                     *       "history": [
                     *         {
                     *           "agrees": true,
                     *           "bucket_start": "2017-11-27",
                     *           "known": [
                     *             {
                     *               "event": "landed",
                     *               "file_version_id": "north-8ae6",
                     *               "known_from": "2017-12-04T10:00:00Z",
                     *               "quantity": 320,
                     *               "revenue": 640,
                     *               "transactions": 262
                     *             }
                     *           ],
                     *           "recalled": [],
                     *           "seen": 320,
                     *           "source": {
                     *             "current": true,
                     *             "key": {
                     *               "series_id": "1029743"
                     *             },
                     *             "location": "lake/weekly_buckets/2017-11-27",
                     *             "made": {
                     *               "at": "2017-12-05T06:00:00Z",
                     *               "by": "closed_bucket_sensor",
                     *               "cause": "cycles without forecasts",
                     *               "code": "2f417ac1",
                     *               "configuration": "3f1c9ab01d2e",
                     *               "job": "weekly_cycle",
                     *               "run_id": "8e3c0a1d",
                     *               "trigger": "sensor"
                     *             },
                     *             "partition": "2017-11-27",
                     *             "sha256": "3f1c9ab01d2e",
                     *             "table": "weekly_buckets"
                     *           },
                     *           "units": 320,
                     *           "unknown": []
                     *         }
                     *       ],
                     *       "known_at": "2017-12-05T05:00:00Z",
                     *       "lead": 2,
                     *       "planner_inputs": [],
                     *       "published": {
                     *         "final": 207.4,
                     *         "reconciled": 207.4,
                     *         "source": {
                     *           "current": true,
                     *           "key": {
                     *             "series_id": "1029743"
                     *           },
                     *           "location": "lake/published_forecasts/2017-12-04",
                     *           "made": {
                     *             "at": "2017-12-05T06:00:00Z",
                     *             "by": "closed_bucket_sensor",
                     *             "cause": "cycles without forecasts",
                     *             "code": "2f417ac1",
                     *             "configuration": "3f1c9ab01d2e",
                     *             "job": "weekly_cycle",
                     *             "run_id": "8e3c0a1d",
                     *             "trigger": "sensor"
                     *           },
                     *           "partition": "2017-12-04",
                     *           "sha256": "3f1c9ab01d2e",
                     *           "table": "published_forecasts"
                     *         },
                     *         "statistical": 211.8
                     *       },
                     *       "reconciliation": {
                     *         "agrees": true,
                     *         "base_forecast": 211.8,
                     *         "forecast": 207.4,
                     *         "locked": false,
                     *         "nodes": [
                     *           {
                     *             "base_forecast": 22548.5,
                     *             "forecast": 23410.5,
                     *             "hierarchy": "product",
                     *             "level": "department",
                     *             "locked": false,
                     *             "node": "GROCERY",
                     *             "parent": "total"
                     *           }
                     *         ],
                     *         "source": {
                     *           "current": true,
                     *           "key": {
                     *             "series_id": "1029743"
                     *           },
                     *           "location": "lake/reconciled_rollups/2017-12-04",
                     *           "made": {
                     *             "at": "2017-12-05T06:00:00Z",
                     *             "by": "closed_bucket_sensor",
                     *             "cause": "cycles without forecasts",
                     *             "code": "2f417ac1",
                     *             "configuration": "3f1c9ab01d2e",
                     *             "job": "weekly_cycle",
                     *             "run_id": "8e3c0a1d",
                     *             "trigger": "sensor"
                     *           },
                     *           "partition": "2017-12-04",
                     *           "sha256": "3f1c9ab01d2e",
                     *           "table": "reconciled_rollups"
                     *         }
                     *       },
                     *       "rows": {
                     *         "bucket_start": "2017-11-27",
                     *         "cycle": "2017-12-04",
                     *         "next": "WyIuLi4iXQ",
                     *         "rows": [
                     *           {
                     *             "counts": "all",
                     *             "file_version_id": "north-8ae6",
                     *             "known": true,
                     *             "quantity": 2,
                     *             "recalled": false,
                     *             "revenue": 5.38,
                     *             "row_number": 4711,
                     *             "sold_at": "2017-11-28T15:04:00Z",
                     *             "transaction_id": "31198570547",
                     *             "unit_price": 2.69
                     *           }
                     *         ],
                     *         "series_id": "1029743",
                     *         "total": 262
                     *       },
                     *       "series_id": "1029743"
                     *     }
                     */
                    "application/json": components["schemas"]["Trace"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    rows_of_history_v1_trace__series_id___bucket__rows_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description First day of a bucket of history, YYYY-MM-DD. */
                bucket: string;
                /** @description The key columns joined by `|`. */
                series_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Rows by file version and row number */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "bucket_start": "2017-11-27",
                     *       "cycle": "2017-12-04",
                     *       "next": "WyIuLi4iXQ",
                     *       "rows": [
                     *         {
                     *           "counts": "all",
                     *           "file_version_id": "north-8ae6",
                     *           "known": true,
                     *           "quantity": 2,
                     *           "recalled": false,
                     *           "revenue": 5.38,
                     *           "row_number": 4711,
                     *           "sold_at": "2017-11-28T15:04:00Z",
                     *           "transaction_id": "31198570547",
                     *           "unit_price": 2.69
                     *         }
                     *       ],
                     *       "series_id": "1029743",
                     *       "total": 262
                     *     }
                     */
                    "application/json": components["schemas"]["RowsPage"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-series_or_unknown-cycle"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    users_v1_users_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everybody, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "users": [
                     *         {
                     *           "disabled": false,
                     *           "nodes": [
                     *             "product:GROCERY"
                     *           ],
                     *           "password": "one_time",
                     *           "roles": [
                     *             "planner"
                     *           ],
                     *           "sees_outside": false,
                     *           "user": "ada"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["Users"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    add_v1_users_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "nodes": [
                 *         "product:GROCERY"
                 *       ],
                 *       "roles": [
                 *         "planner"
                 *       ],
                 *       "user": "ada"
                 *     }
                 */
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The user, with a one-time password */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "disabled": false,
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "one_time_password": "abcde-fghij-kmnpq-rstuv",
                     *       "password": "one_time",
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "user": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["UserChanged"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    set_access_v1_users__name__access_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/users` lists it. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "nodes": [
                 *         "product:GROCERY"
                 *       ],
                 *       "roles": [
                 *         "planner"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["Access"];
            };
        };
        responses: {
            /** @description The user as they are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "disabled": false,
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "one_time_password": "abcde-fghij-kmnpq-rstuv",
                     *       "password": "one_time",
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "user": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["UserChanged"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-user"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    disable_v1_users__name__disable_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/users` lists it. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user as they are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "disabled": false,
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "one_time_password": "abcde-fghij-kmnpq-rstuv",
                     *       "password": "one_time",
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "user": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["UserChanged"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-user"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    enable_v1_users__name__enable_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/users` lists it. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user as they are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "disabled": false,
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "one_time_password": "abcde-fghij-kmnpq-rstuv",
                     *       "password": "one_time",
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "user": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["UserChanged"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-user"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    reset_password_v1_users__name__password_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description As `GET /v1/users` lists it. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user as they are now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "disabled": false,
                     *       "nodes": [
                     *         "product:GROCERY"
                     *       ],
                     *       "one_time_password": "abcde-fghij-kmnpq-rstuv",
                     *       "password": "one_time",
                     *       "roles": [
                     *         "planner"
                     *       ],
                     *       "sees_outside": false,
                     *       "user": "ada"
                     *     }
                     */
                    "application/json": components["schemas"]["UserChanged"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-user"];
            422: components["responses"]["bad-parameter_or_account-refused_or_key-used"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    value_added_v1_value_added_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of the cycle scored; the newest one scored when left out. */
                cycle?: string | null;
                /** @description Only this one: `all`, `user`, `reason_code`, or a level, such as `product.department`. */
                grouping?: string | null;
                /** @description Only this lead; 0 pools all closed leads. */
                lead?: number | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Only this planner, reason or node; `all` of `all`. */
                name?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Errors of each step of a cycle whose actuals are known */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "changed": false,
                     *       "cycle": "2017-10-30",
                     *       "groups": [
                     *         {
                     *           "actual": 1980,
                     *           "added": {
                     *             "model": 230,
                     *             "published": 25,
                     *             "reconciled": 15
                     *           },
                     *           "errors": {
                     *             "model": 980,
                     *             "naive": 1210,
                     *             "published": 940,
                     *             "reconciled": 965
                     *           },
                     *           "grouping": "user",
                     *           "lead": 0,
                     *           "name": "ada",
                     *           "observations": 240
                     *         }
                     *       ],
                     *       "next": "WyIuLi4iXQ",
                     *       "total": 1,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["ValueAdded"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    worklist_v1_worklist_get: {
        parameters: {
            query?: {
                /** @description Only what this user is to look at; `me` is who asks. */
                assigned_to?: string | null;
                /** @description `next` of the page before; the first page when left out. It holds for the same filters only, and outlives a newer bundle: the listing goes on behind the last item seen. */
                cursor?: string | null;
                /** @description Cutoff of a past cycle whose bundle is in the lake; the one being served when left out. One past bundle is held at a time, so the first question about another one takes longer. */
                cycle?: string | null;
                /** @description Items of one page at most. */
                limit?: number;
                /** @description Whether what was accepted or snoozed is listed too. */
                marked?: boolean;
                /** @description Buckets of history beside each item, with what is published from there on; none unless asked for. */
                recent?: number;
                /** @description Only what this rule found: changed, biased, outside, uncertain, new or expiring. */
                rule?: string | null;
                /** @description Only what nobody in particular is to look at. */
                unassigned?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Exceptions by money at stake */
            200: {
                headers: {
                    /** @description Version of the answer, for If-None-Match. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "aside": 12,
                     *       "changed": false,
                     *       "cycle": "2017-12-04",
                     *       "items": [
                     *         {
                     *           "hierarchy": "product",
                     *           "inside": true,
                     *           "level": "series",
                     *           "mark": {
                     *             "assigned_to": "bob",
                     *             "at": "2017-12-05T09:30:00Z",
                     *             "by": "ada",
                     *             "note": "after the promotion",
                     *             "number": 31,
                     *             "state": "snoozed",
                     *             "until": "2018-01-01"
                     *           },
                     *           "money": 299.5,
                     *           "node": "1029743",
                     *           "published": [
                     *             14.5,
                     *             15
                     *           ],
                     *           "rank": 1,
                     *           "rule": "biased",
                     *           "sold": [
                     *             9,
                     *             12
                     *           ],
                     *           "units": 120,
                     *           "words": "over-forecast in 6 of 8 weeks"
                     *         }
                     *       ],
                     *       "marks_known": true,
                     *       "next": "WyIuLi4iXQ",
                     *       "total": 240,
                     *       "version": "3f1c9a01"
                     *     }
                     */
                    "application/json": components["schemas"]["Worklist"];
                };
            };
            /** @description The client has it: `If-None-Match` named the current ETag. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["no-forecasts-yet"];
        };
    };
    assignees_v1_worklist_assignees_get: {
        parameters: {
            query: {
                /** @description Hierarchy of the node. */
                hierarchy: string;
                /** @description Level of the node. */
                level: string;
                /** @description Series, or path of the node. */
                node: string;
                /** @description The rule that found it. */
                rule: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Names to choose from */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "names": [
                     *         "ada",
                     *         "bob"
                     *       ],
                     *       "others": false
                     *     }
                     */
                    "application/json": components["schemas"]["Assignees"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_not-made"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable_or_no-forecasts-yet"];
        };
    };
    put_marks_v1_worklist_marks_put: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "cycle": "2017-12-04",
                 *       "marks": [
                 *         {
                 *           "assigned_to": "bob",
                 *           "hierarchy": "product",
                 *           "level": "series",
                 *           "node": "1029743",
                 *           "rule": "biased",
                 *           "state": "snoozed",
                 *           "until": "2018-01-01"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["MarksToSet"];
            };
        };
        responses: {
            /** @description The marks stand */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "marks": [
                     *         {
                     *           "assigned_to": "bob",
                     *           "at": "2017-12-05T09:30:00Z",
                     *           "by": "ada",
                     *           "note": "after the promotion",
                     *           "number": 31,
                     *           "state": "snoozed",
                     *           "until": "2018-01-01"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MarksSet"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node_or_not-made"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable_or_no-forecasts-yet"];
        };
    };
    worksheet_v1_worksheet_get: {
        parameters: {
            query?: {
                /** @description Only series that pass, on the level `series`; see `GET /v1/series`. */
                attribute?: string[];
                /** @description How many; all that follow if left out. */
                buckets?: number | null;
                /** @description First day of the first bucket; the first one forecast if left out. */
                first?: string | null;
                /** @description CSV, or a workbook. */
                format?: "csv" | "xlsx";
                /** @description Hierarchy; the first one when left out. */
                hierarchy?: string | null;
                /** @description Level of the rows, or `total`. */
                level?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Rows with empty columns for new numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    hand_in_v1_worksheet_post: {
        parameters: {
            query?: never;
            header?: {
                /** @description Text of your choice, new for each change: asked again with the same key and body within 24 hours, the change is not made twice, and the answer is the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description Its numbers hold */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            /** @description They wait for approval */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "cycle": "2017-12-04",
                     *       "overrides": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "cycle": "2017-12-04",
                     *           "ended": "2017-12-11",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "number": 4,
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast",
                     *           "user": "ada"
                     *         }
                     *       ],
                     *       "proposal": 9,
                     *       "proposed": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "split": "forecast"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OverridesSet"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            404: components["responses"]["unknown-node"];
            409: components["responses"]["already-decided"];
            412: components["responses"]["changed-meanwhile"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter_or_edit-refused_or_key-used"];
            428: components["responses"]["if-match-required"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
    preview_v1_worksheet_preview_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                "text/csv": string;
            };
        };
        responses: {
            /** @description Every change and every refusal */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "advice": [
                     *         "Of your 8 earlier raises for promotion, 3 came nearer to what was sold."
                     *       ],
                     *       "changes": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "comment": "leaflet of week 50",
                     *           "expires": "2018-01-01",
                     *           "hierarchy": "product",
                     *           "lock": true,
                     *           "node": "GROCERY",
                     *           "quantity": 1250,
                     *           "reason_code": "promotion",
                     *           "row": 3,
                     *           "split": "forecast"
                     *         }
                     *       ],
                     *       "conflicts": [
                     *         "the number 900 that ada set cannot be kept"
                     *       ],
                     *       "cycle": "2017-12-04",
                     *       "effect": [
                     *         {
                     *           "after": 3750,
                     *           "before": 3571.5,
                     *           "difference": 178.5,
                     *           "hierarchy": "product",
                     *           "level": "department",
                     *           "node": "GROCERY"
                     *         }
                     *       ],
                     *       "refusals": [
                     *         {
                     *           "bucket_start": "2017-12-11",
                     *           "node": "GROCERY/SOUP",
                     *           "reason": "expected a number of units, got '=1+1'",
                     *           "row": 17
                     *         }
                     *       ],
                     *       "unchanged": 120
                     *     }
                     */
                    "application/json": components["schemas"]["WorksheetPreview"];
                };
            };
            401: components["responses"]["not-authenticated"];
            403: components["responses"]["not-allowed"];
            413: components["responses"]["body-too-long"];
            422: components["responses"]["bad-parameter"];
            429: components["responses"]["too-many-requests"];
            503: components["responses"]["planning-unavailable"];
        };
    };
}
