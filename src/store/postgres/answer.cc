#include <libpq-fe.h>

#include <charconv>

#include "store/columns.hpp"
#include "store/postgres/connection.hpp"

namespace reef::store::postgres {

Answer::Answer(pg_result* result) : result_(result) {}

void Answer::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

int Answer::rows() const {
    return PQntuples(result_.get());
}

bool Answer::is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) == 1;
}

std::string_view Answer::text(int row, int column) const {
    const int size = PQgetlength(result_.get(), row, column);
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(size)};
}

std::int64_t Answer::integer(int row, int column) const {
    std::int64_t number = 0;
    const std::string_view digits = text(row, column);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::uint64_t Answer::natural(int row, int column) const {
    return static_cast<std::uint64_t>(integer(row, column));
}

std::string Answer::bytes(int row, int column) const {
    std::string_view hex = text(row, column);
    std::string out;
    if (!hex.starts_with("\\x")) return out;
    hex.remove_prefix(2);
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    return out;
}

Hash128 Answer::hash(int row, int column) const {
    return hash_from(bytes(row, column));
}

Time Answer::time(int row, int column) const {
    return parse_time(text(row, column)).value_or(Time{});
}

Key Answer::key(int row, int column, const Field& field) const {
    if (key_type(field) == Type::int8) return integer(row, column);
    return std::string{text(row, column)};
}

std::uint64_t Answer::affected() const {
    const std::string_view digits = PQcmdTuples(result_.get());
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

}  // namespace reef::store::postgres
