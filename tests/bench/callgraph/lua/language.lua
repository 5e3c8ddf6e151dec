-- The language itself: metamethods, coroutines, goto, integer and float loops, closures, errors.
local function fails(f, ...) assert(not pcall(f, ...)) end
local log = {}
local function note(name) return function(a, b) log[#log + 1] = name return a end end
local meta = {}
for _, name in ipairs({"add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor",
                       "shl", "shr", "bnot", "concat", "call"}) do
  meta["__" .. name] = note(name)
end
meta.__len = function() return 7 end
meta.__eq = function() return true end
meta.__lt = function() return true end
meta.__le = function() return true end
meta.__index = function(_, k) return k end
meta.__newindex = function(t, k, v) rawset(t, k, v) end
meta.__tostring = function() return "obj" end
meta.__name = "Obj"
meta.__gc = function() log[#log + 1] = "gc" end
meta.__close = function() log[#log + 1] = "close" end
meta.__pairs = function(t) return next, t, nil end
meta.__mode = "k"
local a, b = setmetatable({}, meta), setmetatable({}, meta)
local _ = a + b, a - b, a * b, a / b, a % b, a ^ b, -a, a // b, a & b, a | b, a ~ b, a << b, a >> b, ~a
_ = a .. b, a .. "x", 1 .. a, a(), #a, a == b, a < b, a <= b, a.field, tostring(a), a + 1, 1 & a
a.new = 1
for k in pairs(a) do _ = k end
do local c <close> = a end
pcall(function() local c <close> = a error("with close") end)
a, b = nil, nil
collectgarbage() collectgarbage()

-- coroutines
local co = coroutine.create(function(x) local y = coroutine.yield(x + 1) error("in coroutine " .. y) end)
assert(coroutine.resume(co, 1)) print(coroutine.status(co), coroutine.isyieldable(), coroutine.running())
print(coroutine.resume(co, 2), coroutine.close(co))
local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
for i in gen do _ = i end
local pc = coroutine.wrap(function() return pcall(function() coroutine.yield(1) error("x") end) end)
pc() pc()
local sorted = coroutine.wrap(function() table.sort({3, 2, 1}, function(x, y) return x < y end) coroutine.yield(1) end)
sorted()
local mm = coroutine.wrap(function()
  local t = setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end, __add = function(x, y) coroutine.yield(1) return 2 end,
    __eq = function() coroutine.yield(2) return true end, __lt = function() coroutine.yield(3) return true end, __concat = function() coroutine.yield(4) return "" end})
  return t.x, t + t, t == setmetatable({}, getmetatable(t)), t < t, t .. "x"
end)
for _ = 1, 5 do mm(1) end
local xp = coroutine.wrap(function() return xpcall(function() coroutine.yield() error("e") end, function(m) return m end) end)
xp() xp()
local df = coroutine.wrap(function() for k in pairs(setmetatable({}, {__pairs = function(t) coroutine.yield() return next, t end})) do end end)
df()
local tclose = coroutine.wrap(function() local x <close> = setmetatable({}, {__close = function() coroutine.yield(1) end}) return 1 end)
tclose() tclose()

-- control
for i = 10, 1, -3 do if i == 7 then goto continue end ::continue:: end
for i = 1.0, 2.0, 0.5 do _ = i end
local i = 0 while true do i = i + 1 if i > 5 then break end end
repeat i = i - 1 until i == 0
local function varargs(...) local x, y = ... return select("#", ...), {...}, x, y end
varargs() varargs(1, nil, 3)
local function tail(n) if n == 0 then return "done" end return tail(n - 1) end
tail(100)
local function deep(n) return n == 0 and 0 or 1 + deep(n - 1) end
deep(500) fails(function() local function f() return 1 + f() end return f() end)
local x <const> = 5
local big = {} for n = 1, 300 do big[n] = n big["k" .. n] = n end for n = 1, 300 do big["k" .. n] = nil end
local long = [==[
a long string]==] .. ("x"):rep(100)
local hash = {[long] = 1, [1.5] = 2, [true] = 3, [print] = 4, [long .. "y"] = 5}
for k, v in pairs(hash) do assert(hash[k] == v) end
print(0x7fffffffffffffff + 1, 0xA.8p1, 1e308 * 10, -(0/0) ~= 0/0, 3 | 0, "\u{48}\x41\65\z
   end", 'esc\a\b\f\n\r\t\v\\')
local env = setmetatable({}, {__index = _G})
local chunk = load("y = 1 local function f() return y end return f", "chunk", "t", env)
assert(chunk()() == 1)
for _, bad in ipairs({"x =", "goto nowhere", "for", "return return", "local x <bad> = 1", "x = 'open", "x = [[open",
    "break", "::a:: ::a::", "x = 0x", "x = '\\xzz'", "x = '\\u{110000000}'", "local t = {", "f(", "a.b:c = 1", "local x <const> = 1; x = 2", "--[[ open"}) do
  assert(not load(bad))
end
for _, run in ipairs({"local t = nil; return t.x", "return 1 < 'x'", "return {} < {}", "return #5", "return 1 & 1.5", "return 1 // 0",
    "return 1 % 0", "undefined()", "return {} .. 'x'", "for i = 1, 10, 0 do end", "for i = 'a', 2 do end", "string.rep()", "error()", "error('m', 2)",
    "local t = setmetatable({}, {__index = function() error('deep') end}) return t.x", "('x'):bad()", "io.stdout.nothing()"}) do
  fails(load(run))
end
local weak = setmetatable({}, {__mode = "v"}) weak[1] = {} weak[2] = "s"
local eph = setmetatable({}, {__mode = "k"}) eph[{}] = 1
for n = 1, 100 do weak[n] = {n} eph[{n}] = {n} end
collectgarbage() collectgarbage("generational") for n = 1, 5000 do weak[n % 50] = {n, tostring(n)} end collectgarbage("incremental")
for n = 1, 200 do setmetatable({}, {__gc = function() if n % 50 == 0 then error("in gc") end end}) end
collectgarbage()
local function upvalues() local u, v = 1, 2 return function() u = u + v return u end end
upvalues()()
setmetatable(_G, {__index = function(_, k) return nil end}) _ = undefined_global
print(#log)
os.exit(true, true)
