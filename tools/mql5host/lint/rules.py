"""
The table of rules: what each id refuses, in one sentence that says what to write instead.

PS rules are the numbered rules of the portable subset (the number is the rule's own); ML rules keep the sources
compilable by MetaEditor, which has no part of C++ that MQL5 lacks; TX rules are about files as bytes.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple


class Finding(NamedTuple):
    """One breach of one rule, at a line and a column counted from 1."""

    path: Path
    line: int
    col: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.col}: {self.rule} {self.message}"


RULES: Mapping[str, str] = MappingProxyType({
    "TX01": "A source is UTF-8 without a byte order mark, not UTF-16.",
    "TX02": "Lines end in LF alone, and the last one does too.",
    "TX03": "Source text is ASCII, comments included.",
    "TX04": "An .mqh is wrapped in #ifndef NAME / #define NAME ... #endif.",
    "TX05": "An included file exists.",
    "PS01": "A function, type or variable is declared before it is used.",
    "PS02A": "A name that is a pointer anywhere is a pointer everywhere (`.` is translated by name).",
    "PS02B": "A pointer variable is called p_..., m_p..., g_p... or s_p...",
    "PS03A": "One array declarator a statement.",
    "PS03B": "An array parameter is `T &name[]` or `const T &name[]`.",
    "PS03C": "A two-dimensional array is initialised flat or not at all.",
    "PS03D": "A function template has no array parameter.",
    "PS04A": "Numbers become strings, and strings numbers, by IntegerToString, StringFormat, StringTo... or a cast.",
    "PS04B": "Only a value of the same enumeration goes where an enumeration is wanted; others need a cast.",
    "PS04C": "A conversion that can lose part of a number is written as a cast.",
    "PS04D": "A parameter that is an enumeration gets a named constant, never a number.",
    "PS04E": "Signed and unsigned numbers are not compared without a cast.",
    "PS05": "StringFormat: %d %u for up to 32 bits, %I64d %I64u for 64, %s for strings, %f for reals, one argument each.",
    "PS06A": "A structure is zeroed by `={}`, not `={0}`; a trade request and its result always are.",
    "PS06B": "A scalar or pointer local has an initial value.",
    "PS07A": "Declarations after a case label stand in braces.",
    "PS07B": "An interface is a class with `virtual ... =0` methods.",
    "PS07C": "A class with virtual methods, or one that is derived from, has a virtual destructor.",
    "PS08A": "No D'...', C'...', B'...' or L'...' literals.",
    "PS08B": "No suffix on an integer or real literal.",
    "PS08C": "An integer constant beyond 32 bits is written in hexadecimal.",
    "PS08D": "No typedef, so no pointer to a function.",
    "PS08E": "No EnumToString and no typename(x).",
    "PS08F": "Directives are #define #undef #ifdef #ifndef #else #endif #include #property; no #import, no #property strict.",
    "PS08G": "No # and no ## in a macro, and at most eight parameters.",
    "PS08H": "An integer constant has no leading zero: C++ would read it as octal.",
    "PS08I": "The escapes of a literal are \\n \\r \\t \\\\ \\\" and \\': others are read differently by the two languages.",
    "PS09A": "Overloads do not differ in number types only.",
    "PS09B": "A datetime is cast to long before arithmetic.",
    "PS10A": "NULL is for pointers and strings.",
    "PS10B": "CheckPointer is asked about pointers that came from new.",
    "PS11A": "ArrayCopy has two different arrays.",
    "PS11B": "An array is copied by ArrayCopy, not by =.",
    "PS12A": "A shift count is at least 0 and below the width of what is shifted.",
    "PS12B": "A negative number is multiplied, not shifted left.",
    "PS12C": "A real constant fits the integer type it is cast to.",
    "PS13A": "StringToCharArray(s, buf, 0, WHOLE_ARRAY, CP_UTF8)-1 is the one form; CharArrayToString names CP_UTF8.",
    "PS13B": "StringLen counts characters and is no count of bytes.",
    "PS13C": "No NUL character inside a string.",
    "PS14A": "GetTickCount64, not GetTickCount.",
    "PS14B": "A reading of GetTickCount64 or GetMicrosecondCount is kept in ulong, and so is a difference of two.",
    "PS15A": "A called function is declared in the project or known to the API table.",
    "PS15B": "A call has as many arguments as the function takes.",
    "PS15C": "An identifier is declared in the project or known to the API table.",
    "PS15D": "A type is declared in the project or known to the API table.",
    "PS15E": "A member exists in the structure or class it is taken from.",
    "PS15F": "A method defined outside its class is declared in it with the same parameters.",
    "PS15G": "A declared function or method has a body, or =0.",
    "PS16A": "No identifier is a word of C++ or of MQL5.",
    "PS16B": "No parameter is called in, out, group, name of a type, or the like.",
    "PS16C": "An identifier has at most 63 characters.",
    "PS16D": "No free function is called like one of the API.",
    "ML00": "The text follows the grammar of the subset.",
    "ML01": "Members of pointers are reached by `.`; there is no `->`.",
    "ML02": "No `enum class` and no base type of an enumeration.",
    "ML03": "A member gets its value in the constructor, not where it is declared.",
    "ML04": "Templates have typename parameters only, no defaults, no specialisations; their methods stand in the class.",
    "ML05": "No function with a variable number of arguments.",
    "ML06": "No arithmetic on pointers.",
    "ML07": "Number types are those of MQL5: no `long long`, `unsigned`, `size_t`, `int32_t`.",
    "ML08": "A variable is initialised by `=`, not by braces alone.",
    "ML09": "No digit separators.",
    "ML10": "No `*p` and no `&x`: a pointer is used by `.`, and made by new or GetPointer.",
    "ML11": "No construct of C++ that MQL5 lacks (goto, auto, lambda, static_cast, try, friend and so on).",
    "ML12": "References are parameters only.",
    "ML13": "The result of a call that can fail is looked at.",
    "ML14": "An event handler has exactly the signature of the reference.",
    "ML15": "Structures and objects are parameters by reference only, and no object of a class is returned.",
    "ML16": "A class has one base, derived publicly.",
    "ML17": "new makes one object of a class; there is no new T[] and no delete[].",
    "ML18": "The size of an array is a constant.",
    "ML19": "Pointers exist for classes only.",
    "ML20": "A declaration hides no other variable.",
    "ML21": "Operators are methods, and there are no conversion operators.",
    "ML22": "A structure or union has no virtual method.",
    "ML23": "An input is not assigned to.",
    "ML24": "&& inside || and shifts beside + stand in parentheses; no empty statement is controlled.",
    "ML25": "A static member is defined outside its class.",
    "ML26": "A parameter by reference, constant or not, gets a variable, an element or a member.",
    "ML27": "An object made without arguments has a constructor without parameters; defaults do not make one.",
    "ML28": "No temporary object: T(...) is a declaration of a variable, or stands behind new.",
    "ML29": "A global or static variable is initialised by constants.",
    "ML30": "A statement assigns, calls, counts or deletes.",
    "ML31": "A method that is called by the name of its class is static, or belongs to a base.",
})  # fmt: skip
