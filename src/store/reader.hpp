// What a store opens for reading. Only who opens it, and hands each its part, holds all of it: each
// of the others takes the interface that it reads from.
#pragma once

#include "store/captured.hpp"
#include "store/conflicts.hpp"
#include "store/events.hpp"
#include "store/ledger.hpp"
#include "store/log.hpp"
#include "store/requests.hpp"
#include "store/rows.hpp"

namespace reef::store {

// Committed data. One per io thread; SQLite answers without suspending, PostgreSQL pipelines.
// unavailable, from all of its calls: the database is away.
class Reader : public RowReader,
               public RowScanner,
               public LogReader,
               public EventReader,
               public ConflictReader,
               public RequestReader,
               public LedgerReader,
               public CaptureReader {};

}  // namespace reef::store
