-- Every function of every library at least once, also with what makes it fail.
local function fails(f, ...) assert(not pcall(f, ...)) end

-- base
assert(select("#", 1, 2, 3) == 3 and select(-1, 1, 2) == 2)
assert(tonumber("0x10") == 16 and tonumber("zz", 36) == 1295 and tonumber("1e1") == 10.0)
assert(tostring(nil) == "nil" and tostring(1.5) == "1.5" and type(print) == "function")
assert(rawequal(1, 1) and rawlen({1, 2}) == 2 and rawget({a = 1}, "a") == 1)
rawset({}, "k", 1)
for _ in pairs({1, x = 2}) do end
for _ in ipairs({1, 2}) do end
assert(next({}) == nil)
fails(error, {code = 1})
assert(xpcall(function() error("x") end, function(m) return debug.traceback(m) end) == false)
print(collectgarbage("count") > 0, collectgarbage("step"), collectgarbage("isrunning"))
collectgarbage("generational")
for i = 1, 2000 do local t = {i, tostring(i), function() return i end} end
collectgarbage("incremental", 100, 100, 10)
collectgarbage("stop") collectgarbage("restart") collectgarbage()
assert(load("return ...")(7) == 7 and load(function() return nil end))
local parts, at = {"return ", "1 + 1"}, 0
assert(load(function() at = at + 1 return parts[at] end)() == 2)
assert(not load("return +"))
local dumped = string.dump(function(a) local b = {a, "s", 1.5, nil, true} return b end)
assert(load(dumped, "d", "b")(3)[1] == 3)
warn("@on") warn("a warning", " in parts") warn("@off")
assert(getmetatable("").__index == string)
setmetatable({}, {__metatable = "locked"})
local name = os.tmpname()
local file = assert(io.open(name, "w")) file:write("x = 5 return x") file:close()
assert(dofile(name) == 5 and loadfile(name, "t", {}))

-- string
assert(("x"):rep(3, ",") == "x,x,x" and ("abc"):reverse() == "cba" and ("aB"):upper() == "AB")
assert(("AB"):lower() == "ab" and #("abc") == 3 and ("abc"):len() == 3 and ("abc"):sub(2, -1) == "bc")
assert(("abc"):byte(1, -1) == 97 and string.char(97, 98) == "ab")
assert(("hello world"):find("o w", 1, true) == 5 and ("key = val"):match("(%w+)%s*=%s*(%w+)") == "key")
assert(("f(a(b)c)"):match("%b()") == "(a(b)c)" and ("THE (q) f"):find("%f[%a]%a+%f[%A]"))
for w in ("one two"):gmatch("%a+") do assert(w) end
assert(("abc"):gsub("%w", "%0%0") == "aabbcc" and ("abc"):gsub("b", {b = 1}) == "a1c")
assert(("abc"):gsub(".", function(c) return c:upper() end, 2) == "ABc")
assert(("%5d|%-5s|%05.1f|%x|%q|%g|%a|%c|%i|%u|%o|%e|%p"):len() > 0)
print(string.format("%5d|%-5s|%05.1f|%x|%q|%g|%a|%c|%i|%o|%e|%%", 1, "s", 1.5, 255, "q\n\0", 1.5, 1.0, 65, 2, 8, 1.5))
print(string.format("%q %q %q", 1, 1.5, math.mininteger), string.format("%p", {}) ~= nil)
local packed = string.pack("<i4>I2zs1fdnjBxXi4", 1, 2, "z", "s", 1.5, 2.5, 3.5, 4, 5)
print(#packed, string.packsize("i4i8"), string.unpack("<i4>I2zs1fdnjB", packed))
print("10" + 1, "3" * "4", -"2", "7" // 2, "7" % 4, "2" ^ 2, 10 .. "")
fails(function() return "a" + 1 end)
fails(string.rep, "x", 1 << 60)

-- table
local t = {3, 1, 2}
table.sort(t) table.sort(t, function(a, b) return a > b end)
table.insert(t, 4) table.insert(t, 1, 0)
assert(table.remove(t) == 4 and table.remove(t, 1) == 0)
assert(table.concat({1, 2, "x"}, "-") == "1-2-x" and table.unpack({1, 2}) == 1)
assert(table.pack(1, nil).n == 2 and #table.move({1, 2, 3}, 2, 3, 1) == 3)
fails(table.concat, {{}})
fails(table.sort, {1, "x"})

-- math
print(math.abs(-1), math.ceil(1.2), math.floor(1.8), math.max(1, 2), math.min(1, 2), math.sqrt(4))
print(math.sin(0), math.cos(0), math.tan(0), math.asin(0), math.acos(1), math.atan(1, 2), math.exp(0))
print(math.log(8, 2), math.log(100, 10), math.log(2), math.log(9, 3), math.fmod(7, 3), math.fmod(7.5, 2))
print(math.modf(1.5), math.tointeger(3.0), math.type(1), math.type(1.0), math.ult(1, 2), math.deg(1), math.rad(1))
math.randomseed(42) math.randomseed()
print(math.random() < 1, math.random(10) <= 10, math.random(1, 2) <= 2, math.random(0))
if math.pow then print(math.pow(2, 3), math.cosh(0), math.sinh(0), math.tanh(0), math.frexp(8), math.ldexp(1, 2), math.log10(10)) end
print(7 // 2, 7 % -3, 7.5 // 2, -7.5 % 2, 1 << 3, 8 >> 1, 5 & 3, 5 | 3, 5 ~ 3, ~5, 2 ^ 10, 1 < 1.5, 1 <= 2)

-- utf8
for _, c in utf8.codes("aé") do assert(c) end
print(utf8.char(228, 8364), utf8.len("aé"), utf8.codepoint("é", 1), utf8.offset("aé", 2), utf8.charpattern)

-- os
print(os.time() > 0, os.time({year = 2020, month = 1, day = 1}), os.clock() >= 0, os.difftime(2, 1), os.getenv("HOME"))
print(os.date("%Y-%m-%d", 0), os.date("*t").year > 0, os.date("!%c", 0), os.setlocale(nil), os.setlocale("C", "numeric"))
os.execute() os.execute("true")
assert(os.rename(name, name .. "2") and os.remove(name .. "2"))
print(os.remove(name .. "3"))

-- io
local f = assert(io.open(name, "w+"))
assert(f:setvbuf("full", 1024) and f:write("line\n", 12, " ", 1.5, "\n0x1p4\nrest\n") and f:flush())
assert(f:seek("set", 0) == 0)
print(f:read("l", "n", "n", "n"), f:read("L"), f:read(2), f:read("a"), f:read(0))
assert(io.type(f) == "file" and tostring(f)) f:close() assert(io.type(f) == "closed file" and tostring(f))
for line in io.lines(name) do assert(line) end
for a, b in io.lines(name, 1, "l") do assert(a) end
f = io.open(name) for line in f:lines() do assert(line) end f:close()
local out, input = io.output(), io.input()
io.output(name) io.write("via output\n") io.close() io.output(out)
io.input(name) print(io.read()) io.close(io.input()) io.input(input)
local p = io.popen("echo popen; exit 3") print(p:read("a"), p:close())
f = io.tmpfile() f:write("x") f = nil collectgarbage()
do local f <close> = io.open(name) end
fails(io.lines, "/no/such/file") print(io.open("/no/such/file"))
os.remove(name)

-- debug
local function traced(a, b) local c = a; return debug.getinfo(1, "nSlutfrL"), c, b end
traced(1, 2)
print(debug.getlocal(traced, 1), debug.getlocal(1, 1), debug.setlocal(1, 1, fails))
local up = 1
local function closure() return up end
print(debug.getupvalue(closure, 1), debug.setupvalue(closure, 1, 2), debug.upvalueid(closure, 1) ~= nil)
local function other() return up end
debug.upvaluejoin(closure, 1, other, 1)
local n = 0
debug.sethook(function(event, line) n = n + 1 end, "crl", 100)
traced(1) for _ = 1, 10 do n = n + 0 end
print(debug.gethook()) debug.sethook()
print(debug.getregistry() ~= nil, debug.getmetatable("") ~= nil, debug.setmetatable(1, nil))
print(debug.getuservalue(io.stdout, 1), debug.setuservalue(io.stdout, 1, 1), debug.setcstacklimit and debug.setcstacklimit(200))
print(#debug.traceback("m", 1) > 0)

-- package
package.path = "./?.lua;" .. package.path
package.preload.inside = function(...) return {name = ...} end
assert(require("inside").name == "inside")
fails(require, "no.such.module")
print(package.searchpath("nothing", package.path), package.loadlib("/no/such.so", "*"), package.loadlib("/no/such.so", "f"))
