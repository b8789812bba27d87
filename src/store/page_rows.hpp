// What becomes of the rows of a page, as a store reads them one after the other: a list of Rows, or
// the text that people see. Either has the same rows, and leaves out those that cannot be read.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/record_columns.hpp"
#include "store/rows.hpp"

namespace reef::store {

class PageRows {
public:
    PageRows(const Resource& resource, const ListQuery& query)
        : resource_(resource), query_(query) {}
    virtual ~PageRows() = default;
    PageRows(const PageRows&) = delete;
    PageRows& operator=(const PageRows&) = delete;

    RecordColumns columns;  // of the row that is added next
    // False: it cannot be read.
    bool add();
    void begin();  // anew
    bool full() const { return count_ == query_.rows_max; }
    std::uint32_t room() const { return query_.rows_max - count_; }

protected:
    const Resource& resource_;
    const ListQuery& query_;

private:
    virtual bool take() = 0;
    virtual void forget() = 0;

    std::uint32_t count_ = 0;
};

class ListedRows final : public PageRows {
public:
    using PageRows::PageRows;

    ListPage page(PageFacts facts) { return {std::move(facts), std::move(rows_)}; }

private:
    bool take() override;
    void forget() override { rows_.clear(); }

    std::vector<Row> rows_;
};

class ShownRows final : public PageRows {
public:
    ShownRows(const Resource& resource, const ListQuery& query, TimeShape times);

    ShownPage page(PageFacts facts) {
        return {std::move(facts), std::move(records_), std::move(last_)};
    }

private:
    bool take() override;
    void forget() override { records_.clear(); }
    void note_last();

    const TimeShape times_;
    RecordPrinter printer_;
    std::string records_;
    std::optional<std::pair<Value, Key>> last_;
};

}  // namespace reef::store
