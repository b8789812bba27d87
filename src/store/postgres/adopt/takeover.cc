#include "store/postgres/adopt/takeover.hpp"

#include <array>
#include <map>
#include <set>

#include "store/columns.hpp"
#include "store/postgres/table.hpp"

namespace reef::store::postgres {

namespace {

constexpr std::size_t named_max = 10;  // rows that break one rule
constexpr std::size_t own_name_max = 50;

struct Column {
    std::string type;  // as people write it: "character varying(2)"
    bool not_null = false;
    bool has_default = false;
    bool in_order = false;  // compared by its bytes, or no text
    std::string identity;   // "a": nobody may say its value
    bool computed = false;
    std::string views;  // that read it
};

struct Rule {
    std::string says;
    std::string broken;  // the condition of the rows that break it
};

enum class Family : std::uint8_t { none, number, text, time, json, boolean, uuid };

// Types that can be changed into one another without changing any value.
Family family_of(std::string_view type) {
    using enum Family;
    constexpr std::array families{
        std::pair{"smallint", number},
        std::pair{"integer", number},
        std::pair{"bigint", number},
        std::pair{"numeric", number},
        std::pair{"real", number},
        std::pair{"double precision", number},
        std::pair{"character", text},
        std::pair{"character varying", text},
        std::pair{"text", text},
        std::pair{"timestamp", time},
        std::pair{"timestamp without time zone", time},
        std::pair{"timestamp with time zone", time},
        std::pair{"json", json},
        std::pair{"jsonb", json},
        std::pair{"boolean", boolean},
        std::pair{"uuid", uuid},
    };
    if (type.ends_with(']')) return none;  // an array
    const std::string_view name = type.substr(0, type.find('('));
    for (const auto& [known, family] : families) {
        if (name == known) return family;
    }
    return none;
}

std::string number_misfit(const Field& field, const std::string& name) {
    const std::string number = name + "::numeric";
    const auto whole = [&number](const std::string& low, const std::string& high) {
        return number + " <> trunc(" + number + ") OR " + number + " NOT BETWEEN " + low + " AND " +
               high;
    };
    const std::string type = canonical_type(field);
    if (type == "integer") return whole("-2147483648", "2147483647");
    if (type == "bigint") return whole("-9223372036854775808", "9223372036854775807");
    if (field.type == FieldType::decimal) {
        return number + " <> round(" + number + ", " + std::to_string(field.scale) + ") OR abs(" +
               number + ") >= 1e" + std::to_string(field.precision - field.scale);
    }
    return "CASE WHEN abs(" + number + ") > 1.7976931348623157e308 THEN true ELSE " + name +
           "::double precision::text::numeric <> " + number + " END";
}

// The condition of the rows whose value would change in the field's own type; "" when there can be
// no such row. Its evaluation must not fail, whatever a row holds.
std::string misfit(const Field& field, const std::string& name, const std::string& type) {
    const std::string own = canonical_type(field);
    if (type == own) return "";
    const Family family = family_of(type);
    if (family == Family::number) {
        const bool real = own == "double precision";
        const bool wider = (type == "smallint" && (own == "integer" || own == "bigint" || real)) ||
                           (type == "integer" && (own == "bigint" || real)) ||
                           (type == "real" && real);
        return wider ? "" : number_misfit(field, name);
    }
    if (family == Family::text && field.type == FieldType::text && field.text_max > 0)
        return "char_length(" + name + ") > " + std::to_string(field.text_max);
    return "";
}

// The name that an index or rule of the table's owner gets where Atoll makes one of its name.
std::string renamed(std::string name) {
    std::erase(name, '"');
    return quoted_name(name.substr(0, own_name_max) + "_own");
}

class Look {
public:
    Look(Connection& connection, const Resource& resource)
        : connection_(connection),
          resource_(resource),
          table_(quoted_name(resource.table)),
          oid_("to_regclass(" + quoted_text(table_) + ')') {}

    Task<Takeover> run() {
        auto kind = co_await look_at_kind();
        if (!kind) co_return kind.error();
        if (!*kind) co_return std::move(found_);
        auto columns = co_await find_columns();
        if (!columns) co_return columns.error();
        check_columns();
        auto keyed = co_await check_key();
        if (!keyed) co_return keyed.error();
        auto guarded = co_await check_guards();
        if (!guarded) co_return guarded.error();
        for (const Field& field : resource_.fields)
            add_rules(field);
        auto checked = co_await check_rows();
        if (!checked) co_return checked.error();
        auto named = co_await find_names();
        if (!named) co_return named.error();
        write_sql();
        co_return std::move(found_);
    }

private:
    void object(const std::string& what) {
        found_.objections.push_back("table " + resource_.table + ": " + what);
    }

    Task<Answer> ask(std::string sql) {
        Commands commands;
        commands.push_back({std::move(sql), {}, false});
        auto answers = co_await connection_.run(std::move(commands));
        if (!answers) co_return answers.error();
        co_return std::move(answers->front());
    }

    // False: nothing else can be checked.
    Task<bool> look_at_kind() {
        std::string sql =
            "SELECT relkind, pg_get_userbyid(relowner), pg_has_role(relowner, 'USAGE'),"
            " current_user, has_table_privilege(oid, 'SELECT') FROM pg_class WHERE oid = " +
            oid_;
        auto table = co_await ask(std::move(sql));
        if (!table) co_return table.error();
        if (table->text(0, 0) != "r") {
            object("it is no ordinary table");
            co_return false;
        }
        if (table->text(0, 2) != "t") {
            object("it belongs to " + std::string{table->text(0, 1)} + ", and " +
                   std::string{table->text(0, 3)} + " cannot add columns to it");
        }
        co_return table->text(0, 4) == "t";
    }

    Task<void> find_columns() {
        std::string sql =
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull,"
            " atthasdef OR attidentity <> '',"
            " attcollation = 0 OR attcollation = (SELECT oid FROM pg_collation WHERE collname = 'C'"
            " AND collnamespace = 'pg_catalog'::regnamespace), attidentity, attgenerated <> '',"
            " (SELECT string_agg(DISTINCT ev_class::regclass::text, ', ') FROM pg_depend"
            " JOIN pg_rewrite AS rule ON rule.oid = objid WHERE classid = 'pg_rewrite'::regclass"
            " AND refclassid = 'pg_class'::regclass AND refobjid = attrelid"
            " AND refobjsubid = attnum)"
            " FROM pg_attribute WHERE attrelid = " +
            oid_ + " AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        auto all = co_await ask(std::move(sql));
        if (!all) co_return all.error();
        const auto yes = [&all](int row, int column) { return all->text(row, column) == "t"; };
        const auto text = [&all](int row, int column) {
            return std::string{all->text(row, column)};
        };
        for (int row = 0; row < all->rows(); ++row) {
            columns_.emplace(all->text(row, 0),
                             Column{text(row, 1), yes(row, 2), yes(row, 3), yes(row, 4),
                                    text(row, 5), yes(row, 6), text(row, 7)});
        }
        co_return Result<void>{};
    }

    bool is_key(const Field& field) const { return &field == &resource_.key_field(); }

    static bool retyped(const Field& field, const Column& column) {
        return column.type != canonical_type(field) || !column.in_order;
    }

    void check_columns() {
        for (const Field& field : resource_.fields) {
            const auto found = columns_.find(field.name);
            if (found == columns_.end()) {
                const bool filled = field.nullable || !default_of(field).empty();
                if (!filled || is_key(field)) object("there is no column " + field.name);
                continue;
            }
            const Column& column = found->second;
            const std::string named = "the column " + field.name;
            if (column.computed) object(named + " is computed by the database");
            if (family_of(column.type) != family_of(canonical_type(field))) {
                object(named + " is " + column.type + " and must be " + column_type(field));
            } else if (retyped(field, column) && !column.views.empty()) {
                object(named + " becomes " + typed_column(field) + ", but is read by " +
                       column.views + ": drop that, and make it again afterwards");
            }
        }
        for (const auto& [name, column] : columns_) {
            if (resource_.find_field(name)) continue;
            if (name.starts_with("atoll_")) {
                object("it has the column " + name + " from another database of Atoll's");
            } else if (column.not_null && !column.has_default) {
                object("the column " + name + ", which the app does not have, needs a default");
            }
        }
    }

    bool is_usable(const Field& field) const {
        const auto found = columns_.find(field.name);
        return found != columns_.end() &&
               family_of(found->second.type) == family_of(canonical_type(field));
    }

    // It must be unique; a table without a primary key gets it for one.
    Task<void> check_key() {
        const std::string& key = resource_.key_field().name;
        if (!is_usable(resource_.key_field())) co_return Result<void>{};
        std::string sql =
            "SELECT coalesce(bool_or(indisprimary), false),"
            " coalesce(bool_or(indisvalid AND indpred IS NULL AND indnkeyatts = 1 AND (SELECT"
            " attname FROM pg_attribute WHERE attrelid = indrelid AND attnum = indkey[0]) = " +
            quoted_text(key) + "), false) FROM pg_index WHERE indisunique AND indrelid = " + oid_;
        auto unique = co_await ask(std::move(sql));
        if (!unique) co_return unique.error();
        if (unique->text(0, 1) == "t") co_return Result<void>{};
        if (unique->text(0, 0) == "t") {
            object("its primary key is another one than " + key + ", which is not unique");
            co_return Result<void>{};
        }
        add_key_ = true;
        const std::string column = quoted_name(key);
        rules_.push_back({"there are several rows with one " + key,
                          column + " IN (SELECT " + column + " FROM " + table_ +
                              " GROUP BY 1 HAVING count(*) > 1)"});
        co_return Result<void>{};
    }

    // Finds what would change or refuse rows that Atoll writes: they must be stored as they are.
    Task<void> check_guards() {
        std::string sql =
            "SELECT 'its trigger ' || tgname || ' may change rows before they are written: drop it,"
            " or make it an AFTER trigger' FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgenabled <> 'D' AND tgtype & 3 = 3 AND tgtype & 20 > 0 AND tgrelid = " +
            oid_ +
            " UNION ALL SELECT 'its constraint ' || conname || ' was never checked against all"
            " rows: VALIDATE it, or drop it' FROM pg_constraint WHERE NOT convalidated"
            " AND conrelid = " +
            oid_ + " ORDER BY 1";
        auto guards = co_await ask(std::move(sql));
        if (!guards) co_return guards.error();
        for (int row = 0; row < guards->rows(); ++row)
            object(std::string{guards->text(row, 0)});
        co_return Result<void>{};
    }

    void add_rules(const Field& field) {
        if (!is_usable(field)) return;
        const Column& column = columns_.at(field.name);
        const std::string name = quoted_name(field.name);
        if ((!field.nullable || is_key(field)) && !column.not_null)
            rules_.push_back({field.name + " must not be null", name + " IS NULL"});
        const std::string unfit = misfit(field, name, column.type);
        if (!unfit.empty())
            rules_.push_back({field.name + " does not fit " + column_type(field), unfit});
        const std::string check = check_of(field);
        if (!check.empty())
            rules_.push_back({field.name + " must hold " + check, "NOT (" + check + ')'});
    }

    // Checks all rules in one pass over the table, then finds the first rows that break each rule.
    Task<void> check_rows() {
        if (rules_.empty()) co_return Result<void>{};
        std::string sql = "SELECT ";
        for (const Rule& rule : rules_) {
            if (&rule != &rules_.front()) sql += ", ";
            sql += "count(*) FILTER (WHERE " + rule.broken + ')';
        }
        sql += " FROM " + table_;
        auto counts = co_await ask(std::move(sql));
        if (!counts) co_return counts.error();
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            const std::uint64_t count = counts->natural(0, static_cast<int>(i));
            if (count == 0) continue;
            auto named = co_await name_rows(i);
            if (!named) co_return named.error();
            object(rules_[i].says + ": " + std::to_string(count) + (count == 1 ? " row" : " rows") +
                   *named + (count > named_max ? ", …" : ""));
        }
        co_return Result<void>{};
    }

    // ", id 7, 9"
    Task<std::string> name_rows(std::size_t rule) {
        const std::string& name = resource_.key_field().name;
        if (!is_usable(resource_.key_field())) co_return std::string{};
        const std::string key = quoted_name(name);
        std::string sql = "SELECT string_agg(coalesce(key::text, 'null'), ', ') FROM (SELECT " +
                          key + " AS key FROM " + table_ + " WHERE " + rules_[rule].broken +
                          " ORDER BY 1 LIMIT " + std::to_string(named_max) + ") AS broken";
        auto rows = co_await ask(std::move(sql));
        if (!rows) co_return rows.error();
        co_return ", " + name + ' ' + std::string{rows->text(0, 0)};
    }

    Task<void> find_names() {
        std::string sql = "SELECT conname FROM pg_constraint WHERE conrelid = " + oid_;
        auto names = co_await ask(std::move(sql));
        if (!names) co_return names.error();
        for (int row = 0; row < names->rows(); ++row)
            constraints_.emplace(quoted_name(names->text(row, 0)));
        co_return Result<void>{};
    }

    // The owner's rules and indexes stay. Where Atoll makes one of the same name, the owner's is
    // renamed.
    void write_sql() {
        const std::string alter = "ALTER TABLE " + table_ + ' ';
        for (const Field& field : resource_.fields) {
            const std::string name = check_name(resource_, field);
            if (check_of(field).empty() || !constraints_.contains(name)) continue;
            found_.sql.push_back(alter + "RENAME CONSTRAINT " + name + " TO " + renamed(name));
        }
        for (const Index& index : indexes_of(resource_)) {
            found_.sql.push_back("ALTER INDEX IF EXISTS " + quoted_name(index.name) +
                                 " RENAME TO " + renamed(index.name));
        }
        std::string actions;
        const auto act = [&actions](const std::string& action) {
            actions += (actions.empty() ? "" : ", ") + action;
        };
        for (const Field& field : resource_.fields) {
            const auto column = columns_.find(field.name);
            if (column == columns_.end()) act("ADD COLUMN " + column_sql(resource_, field));
            if (column == columns_.end()) continue;
            for (const std::string& action : changes_of(field, column->second))
                act(action);
        }
        if (add_key_) act("ADD PRIMARY KEY (" + quoted_name(resource_.key_field().name) + ')');
        act("ADD COLUMN atoll_vector TEXT NOT NULL DEFAULT ''");
        act("ADD COLUMN atoll_state TEXT NOT NULL DEFAULT ''");
        act("ADD COLUMN atoll_hash BYTEA");
        found_.sql.push_back(alter + actions);
    }

    std::vector<std::string> changes_of(const Field& field, const Column& column) const {
        std::vector<std::string> actions;
        const std::string name = quoted_name(field.name);
        const std::string alter = "ALTER COLUMN " + name + ' ';
        if (retyped(field, column)) {
            actions.push_back(alter + "TYPE " + typed_column(field).substr(name.size() + 1) +
                              " USING " + name + "::" + column_type(field));
        }
        if (column.identity == "a") actions.push_back(alter + "SET GENERATED BY DEFAULT");
        if ((!field.nullable || is_key(field)) && !column.not_null)
            actions.push_back(alter + "SET NOT NULL");
        const std::string value = default_of(field);
        if (!value.empty() && !column.has_default)
            actions.push_back(alter + "SET DEFAULT " + value);
        const std::string check = check_of(field);
        if (!check.empty()) {
            actions.push_back("ADD CONSTRAINT " + check_name(resource_, field) + " CHECK (" +
                              check + ')');
        }
        return actions;
    }

    Connection& connection_;
    const Resource& resource_;
    const std::string table_;
    const std::string oid_;
    std::map<std::string, Column> columns_;
    std::vector<Rule> rules_;
    std::set<std::string> constraints_;
    bool add_key_ = false;
    Takeover found_;
};

}  // namespace

Task<bool> is_there(Connection& connection, const Resource& resource) {
    Commands commands;
    commands.push_back(
        {"SELECT to_regclass(" + quoted_text(quoted_name(resource.table)) + ") IS NOT NULL",
         {},
         false});
    auto answers = co_await connection.run(std::move(commands));
    if (!answers) co_return answers.error();
    co_return answers->front().text(0, 0) == "t";
}

Task<Takeover> look_at(Connection& connection, const Resource& resource) {
    Look look{connection, resource};
    auto found = co_await look.run();
    co_return found;
}

}  // namespace reef::store::postgres
