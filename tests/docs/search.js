// Searches a built site as its pages do when they are opened as files: node search.js SITE WORD
const fs = require("fs"), path = require("path"), vm = require("vm");
const [site, word] = process.argv.slice(2);
const workers = path.join(site, "assets/javascripts/workers");
const worker = fs.readdirSync(workers).find(name => /^search\..*\.js$/.test(name));

let hear;
const world = vm.createContext({
  console, addEventListener: (_, listener) => { hear = listener; },
  postMessage: told => told.type === 1
    ? hear({data: {type: 2, data: word}})
    : console.log(JSON.stringify(told.data.items.flat().map(item => item.location))),
});
world.self = world;
vm.runInContext(fs.readFileSync(path.join(site, "search/search_index.js"), "utf8"), world);
vm.runInContext(fs.readFileSync(path.join(workers, worker), "utf8"), world);
const fields = {title: {boost: 1e3}, text: {boost: 1}, tags: {boost: 1e6}};
hear({data: {type: 0, data: {...world.__index, config: {...world.__index.config, fields}, options: {suggest: false}}}});
