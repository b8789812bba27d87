// The ledger as it lies in the file: a line per origin in atoll_origins, everything else by name in
// atoll_meta(name, value). A commit writes only what differs from what it wrote before.
#pragma once

#include <string>

#include "store/ledger.hpp"
#include "store/sqlite/connection.hpp"

namespace reef::store::sqlite {

extern const char* const meta_sql;  // its table

class Meta {
public:
    explicit Meta(Connection& connection);

    Result<void> put(std::string_view name, std::string_view text);
    Result<void> put(std::string_view name, std::int64_t number);
    Result<void> put_blob(std::string_view name, std::string_view bytes);
    Result<std::optional<std::string>> text(std::string_view name);
    Result<std::int64_t> integer(std::string_view name);  // 0 when absent

private:
    Statement get_, put_;
};

class LedgerTable {
public:
    LedgerTable(Connection& connection, const Schema& schema);

    Result<Ledger> load();
    Result<void> save(const Ledger& before, const Ledger& after);

private:
    Result<void> load_origins(Ledger& ledger);
    Result<void> load_named(Ledger& ledger);
    Result<void> save_origins(const Ledger& before, const Ledger& after);
    Result<void> save_named(const Ledger& before, const Ledger& after);

    const Schema& schema_;
    Meta meta_;
    Statement origins_, named_, put_origin_, remove_;
};

class ConflictLog;
// With `parked`, which is read from the table of dead letters.
Result<Ledger> load_ledger(LedgerTable& table, ConflictLog& conflict_log);

}  // namespace reef::store::sqlite
