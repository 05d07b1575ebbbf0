// Sets the remembered theme before the page is drawn, and says that JavaScript works.
// "auto" follows the system. The admin panel reads and writes the same key.
document.documentElement.classList.add("js");
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
} catch {
  document.documentElement.dataset.theme = "auto"; // storage may be forbidden
}
