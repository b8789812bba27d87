// The bare limit's SQLite file: the same tables, rows and durability as Atoll's, and no checks.
// WAL, synchronous=FULL. One BareWriter per file, on one thread, which also does every checkpoint;
// any number of BareReaders, each on a thread of its own. A failing database ends the process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bare_property.hpp"
#include "bare_shipment.hpp"

namespace reef::bench {

class BareReader {
public:
    virtual ~BareReader() = default;
    virtual std::optional<Property> get(std::int64_t id) = 0;
    // The first products, as the answer shows them.
    virtual void list_products(std::string& json, std::int64_t limit) = 0;
};

struct Put {
    std::int64_t id = 0;
    std::int64_t cents = 0;
    std::string request_id;  // "" writes no request row
};

class BareWriter {
public:
    virtual ~BareWriter() = default;
    // Rows 1 … rows of properties and of products, when the tables are empty.
    virtual void seed(std::int64_t rows) = 0;

    virtual void begin() = 0;
    // The row after the write; nothing when there is no such row. Only between begin and commit.
    virtual std::optional<Property> put(const Put& put) = 0;
    // Gives it an id and its time. The same.
    virtual void post(Shipment& shipment) = 0;
    virtual void commit() = 0;  // durable when it returns
};

std::unique_ptr<BareReader> open_bare_reader(const std::string& file);
std::unique_ptr<BareWriter> open_bare_writer(const std::string& file);  // creates the tables

}  // namespace reef::bench
