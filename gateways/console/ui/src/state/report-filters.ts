import { computed } from "@preact/signals"
import { query } from "./report"
import { FILTERS } from "./report-query"
import { label, rword } from "./report-text"

/** The filters in force, in words. */
export const filtersOn = computed(() =>
  FILTERS.flatMap((filter) => {
    const value = query.value.filters[filter]
    return value === undefined
      ? []
      : [{ filter, what: rword("group", filter), text: label(filter, value) }]
  }),
)
