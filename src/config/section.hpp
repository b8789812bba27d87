// One table of the app file while it is read. A Section checks each value's type, fills in
// variables, notes each mistake with its place, and at the end refuses the keys that no reader
// asked for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/document.hpp"
#include "config/spelling.hpp"
#include "config/variables.hpp"

namespace reef::config {

struct Text {
    std::string value;
    Location at;
    std::vector<std::string> variables = {};  // that gave it
    std::string source() const;               // " (from PORT)", for mistakes; "" without variables
};

// What a reader works with, shared by the sections below one another.
struct Scope {
    std::vector<Mistake>* mistakes = nullptr;
    Lookup lookup;
    Unset unset = Unset::mistake;

    void mistake(Location at, std::string what) const;
    void mistake(const Text& text, std::string what) const;  // names the variables as well
};

// A string with its variables filled in; a number, boolean or time as written. Notes a mistake and
// is absent when the variables cannot be filled in.
std::optional<Text> filled_in(const Toml& value, const Scope& scope);

template <class E>
using Choices = std::vector<std::pair<std::string, E>>;

// A key becomes known when a reader asks for it: the reader asks for all keys, then calls done().
// The reader gets the fallback when the value is absent or wrong; a wrong one is noted.
class Section {
public:
    // `title` stands in mistakes: "[gateway]".
    Section(const Toml& table, std::string title, Scope scope);

    Location at() const { return table_.at; }
    const Scope& scope() const { return scope_; }
    bool has(const std::string& name) const;
    Section in(Scope scope) const;  // the same table for another reader; no key is known yet

    const Toml* find(const std::string& name);
    std::optional<Text> text(const std::string& name);
    std::optional<Text> needed(const std::string& name);  // a mistake when absent
    std::string text_or(const std::string& name, std::string fallback);
    std::vector<Text> texts(const std::string& name);  // an array of strings
    bool flag(const std::string& name, bool fallback);
    std::int64_t integer(const std::string& name, std::int64_t fallback, std::int64_t min,
                         std::int64_t max);
    double number(const std::string& name, double fallback, double above);
    std::map<std::string, std::string> map(const std::string& name);  // any keys
    std::optional<Section> section(const std::string& name, std::string title);
    std::vector<Section> sections(const std::string& name, std::string title);

    template <class E>
    E choice(const std::string& name, E fallback, const Choices<E>& choices) {
        std::vector<std::string> words;
        for (const auto& [word, value] : choices)
            words.push_back(word);
        const auto chosen = choose(name, words);
        return chosen ? choices[*chosen].second : fallback;
    }

    void mistake(Location at, std::string what) const { scope_.mistake(at, std::move(what)); }
    void mistake(const Text& text, std::string what) const {
        scope_.mistake(text, std::move(what));
    }
    void done() const;  // refuses the keys that no reader asked for

private:
    std::optional<std::size_t> choose(const std::string& name,
                                      const std::vector<std::string>& words);
    void refuse_kind(const std::string& name, const Toml& value, std::string_view wanted) const;

    const Toml& table_;
    const std::string title_;
    const Scope scope_;
    std::vector<std::string> known_;
};

}  // namespace reef::config
