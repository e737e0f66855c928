"""The file sandbox: what is written is read, what is not flushed dies with the terminal, nobody leaves the folder."""

from pathlib import Path

import pytest

from mql5host.native import Program

from .conftest import SAY, Load, PlainTerminal, Run


def files_of(tmp_path: Path) -> Path:
    return tmp_path / "terminal" / "Files"


def test_binary_values_come_back(run: Run, tmp_path: Path) -> None:
    body = """
    int h=FileOpen("a\\\\b\\\\x.bin",FILE_WRITE|FILE_BIN);
    SAY(FileWriteInteger(h,-5)) SAY(FileWriteInteger(h,200,CHAR_VALUE)) SAY(FileWriteLong(h,1234567890123))
    SAY(FileWriteDouble(h,1.5)) SAID
    uchar bytes[3]={1,2,3};
    SAY(FileWriteArray(h,bytes,1)) SAY(FileTell(h)) SAY(FileSize(h)) SAID
    FileClose(h);
    h=FileOpen("a/b/x.bin",FILE_READ|FILE_BIN);
    SAY(FileReadInteger(h)) SAY(FileReadInteger(h,CHAR_VALUE)) SAY(FileReadLong(h)) SAY(FileReadDouble(h)) SAID
    uchar back[];
    SAY(FileReadArray(h,back)) SAY(ArraySize(back)) SAY(back[1]) SAY(FileIsEnding(h)) SAY(FileReadLong(h))
    SAY(GetLastError()) SAID
    SAY(FileSeek(h,-2,SEEK_END)) SAY(FileReadInteger(h,CHAR_VALUE)) SAY(FileWriteLong(h,1)) SAY(GetLastError()) SAID
    FileClose(h);
    """

    assert run(body) == ["4 1 8 8", "2 23 23", "-5 200 1234567890123 1.5", "2 2 3 true 0 5015", "true 2 0 5009"]
    assert (files_of(tmp_path) / "a" / "b" / "x.bin").stat().st_size == 23


def test_reading_and_writing_keeps_and_writing_alone_empties(run: Run, tmp_path: Path) -> None:
    files_of(tmp_path).mkdir(parents=True)
    (files_of(tmp_path) / "x").write_bytes(b"abcdef")
    body = """
    int h=FileOpen("x",FILE_READ|FILE_WRITE|FILE_BIN);
    SAY(FileSize(h)) SAY(FileTell(h)) SAY(FileSeek(h,0,SEEK_END)) SAY(FileWriteInteger(h,'g',CHAR_VALUE))
    SAY(FileSize(h)) SAID
    FileClose(h);
    h=FileOpen("x",FILE_WRITE|FILE_BIN);
    SAY(FileSize(h)) SAID
    FileClose(h);
    """

    assert run(body) == ["6 0 true 1 7", "0"]


def test_text_is_utf_16_unless_ansi_is_asked_for(run: Run, tmp_path: Path) -> None:
    body = """
    int h=FileOpen("u.txt",FILE_WRITE|FILE_TXT);
    FileWriteString(h,"a€\\r\\n");
    FileWrite(h,"n=",5);
    FileClose(h);
    h=FileOpen("u.txt",FILE_READ|FILE_TXT);
    SAY(FileReadString(h)) SAY(FileReadString(h)) SAY(FileIsEnding(h)) SAID
    FileClose(h);
    h=FileOpen("a.csv",FILE_WRITE|FILE_CSV|FILE_ANSI,';');
    FileWrite(h,"x",1.5,true);
    FileClose(h);
    h=FileOpen("a.csv",FILE_READ|FILE_CSV|FILE_ANSI,';');
    SAY(FileReadString(h)) SAY(FileReadNumber(h)) SAY(FileIsLineEnding(h)) SAY(FileReadBool(h))
    SAY(FileIsLineEnding(h)) SAID
    FileClose(h);
    """.replace("€", "~")

    assert run(body) == ["a~ n=5 true", "x 1.5 false true true"]
    assert (files_of(tmp_path) / "u.txt").read_bytes() == "\ufeffa~\r\nn=5\r\n".encode("utf-16-le")
    assert (files_of(tmp_path) / "a.csv").read_bytes() == b"x;1.5;true\r\n"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:\\\\x", "..\\\\x", ""])
def test_names_outside_the_sandbox_are_refused(run: Run, name: str) -> None:
    assert run(f'SAY(FileOpen("{name}",FILE_WRITE|FILE_BIN)) SAY(GetLastError()) SAID') == ["-1 5002"]


def test_what_is_missing_is_said_and_64_files_are_the_most(run: Run) -> None:
    body = """
    SAY(FileOpen("none",FILE_READ|FILE_BIN)) SAY(GetLastError()) SAY(FileIsExist("none")) SAY(FileDelete("none")) SAID
    int opened=0;
    while(FileOpen((string)opened,FILE_WRITE|FILE_BIN)!=INVALID_HANDLE)
       opened++;
    SAY(opened) SAY(GetLastError()) SAID
    """

    assert run(body) == ["-1 5019 false false", "64 5001"]


SHARING = {
    "nothing shared excludes a reader": ("FILE_WRITE", "FILE_READ", False),
    "nothing shared excludes a writer": ("FILE_READ", "FILE_READ|FILE_WRITE", False),
    "both must share": ("FILE_READ|FILE_SHARE_READ", "FILE_READ", False),
    "readers that share reading": ("FILE_READ|FILE_SHARE_READ", "FILE_READ|FILE_SHARE_READ", True),
    "a writer needs shared writing": ("FILE_READ|FILE_SHARE_READ", "FILE_WRITE|FILE_READ|FILE_SHARE_READ|FILE_SHARE_WRITE", False),
    "who forbids reading forbids it to those who share all": (
        "FILE_WRITE|FILE_SHARE_WRITE", "FILE_READ|FILE_SHARE_READ|FILE_SHARE_WRITE", False,
    ),
    "who forbids writing forbids it to those who share all": (
        "FILE_READ|FILE_SHARE_READ", "FILE_WRITE|FILE_SHARE_READ|FILE_SHARE_WRITE", False,
    ),
    "writers that share all": (
        "FILE_READ|FILE_WRITE|FILE_SHARE_READ|FILE_SHARE_WRITE", "FILE_READ|FILE_WRITE|FILE_SHARE_READ|FILE_SHARE_WRITE", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHARING, ids=list(SHARING))
def test_two_programs_share_a_file_only_as_both_allow(load: Load, terminal: PlainTerminal, tmp_path: Path, case: str) -> None:
    first, second, together = SHARING[case]
    files_of(tmp_path).mkdir(parents=True)
    (files_of(tmp_path) / "x").write_bytes(b"abc")
    for flags in (first, second):
        load(f'void OnStart() {{ Print(FileOpen("x",FILE_BIN|{flags})!=INVALID_HANDLE); }}').start()

    assert terminal.lines == ["true", str(together).lower()]


def test_moving_and_copying_replace_only_when_told_and_leave_open_files_alone(run: Run, tmp_path: Path) -> None:
    body = """
    uchar one[1]={1};
    uchar two[2]={2,2};
    SAY(FileSave("one",one)) SAY(FileSave("two",two)) SAY(FileMove("one",0,"two",0)) SAY(GetLastError()) SAID
    SAY(FileCopy("two",0,"new/three",0)) SAY(FileMove("one",0,"two",FILE_REWRITE)) SAY(FileIsExist("one")) SAID
    uchar back[];
    SAY(FileLoad("two",back)) SAY(back[0]) SAY(FileLoad("new/three",back)) SAID
    int h=FileOpen("two",FILE_READ|FILE_BIN|FILE_SHARE_READ);
    SAY(FileDelete("two")) SAY(GetLastError()) SAY(FileMove("two",0,"four",0))
    SAY(FileMove("new/three",0,"two",FILE_REWRITE)) SAID
    FileClose(h);
    SAY(FileDelete("two")) SAY(FileMove("new/three",0,"five",FILE_COMMON))
    SAY(FileIsExist("five",FILE_COMMON)) SAY(FileIsExist("five")) SAID
    """

    assert run(body) == ["true true false 5020", "true true false", "1 1 2", "false 5006 false false", "true true true false"]
    assert (tmp_path / "terminal" / "Common" / "Files" / "five").read_bytes() == b"\x02\x02"


def test_folders_are_made_listed_and_emptied(run: Run) -> None:
    body = """
    uchar one[1]={1};
    FileSave("d/b.txt",one);
    FileSave("d/a.txt",one);
    FileSave("d/c.bin",one);
    SAY(FolderCreate("d/sub")) SAY(FileIsExist("d/sub")) SAID
    string name="";
    long search=FileFindFirst("d\\\\*.txt",name);
    SAY(name) SAY(FileFindNext(search,name)) SAY(name) SAY(FileFindNext(search,name)) SAID
    FileFindClose(search);
    search=FileFindFirst("d\\\\s*",name);
    SAY(name) SAY(FileFindFirst("e\\\\*",name)) SAID
    SAY(FolderClean("d")) SAY(FileIsExist("d/a.txt")) SAY(FolderDelete("d")) SAY(FolderDelete("d/sub"))
    SAY(FolderDelete("d")) SAID
    """

    assert run(body) == ["true false", "a.txt true b.txt false", "sub\\ -1", "true false false true true"]


WRITER = (
    SAY
    + """
int g_h=INVALID_HANDLE;
int OnInit()
  {
   g_h=FileOpen("j",FILE_WRITE|FILE_BIN|FILE_SHARE_READ);
   FileWriteInteger(g_h,1);
   FileFlush(g_h);
   FileWriteInteger(g_h,2);
   return(0);
  }
void OnDeinit(const int reason) {}
"""
)


def test_a_killed_terminal_loses_what_was_not_flushed(load: Load, tmp_path: Path) -> None:
    program: Program = load(WRITER)
    program.init()
    assert (files_of(tmp_path) / "j").stat().st_size == 4
    program.close()

    assert (files_of(tmp_path) / "j").read_bytes() == b"\x01\x00\x00\x00"


def test_a_terminal_that_ends_in_order_writes_everything(load: Load, tmp_path: Path) -> None:
    program: Program = load(WRITER)
    program.init()
    assert program.open_files == 1
    program.deinit(1)
    program.close()

    assert (files_of(tmp_path) / "j").read_bytes() == b"\x01\x00\x00\x00\x02\x00\x00\x00"


def test_a_failed_ending_of_a_program_frees_its_files(load: Load, terminal: PlainTerminal) -> None:
    first = load(WRITER)
    first.init()
    first.close()
    load('void OnStart() { Print(FileOpen("j",FILE_READ|FILE_BIN)!=INVALID_HANDLE); }').start()

    assert terminal.lines == ["true"]
