# The figures of metafor on three published data sets, to hold the pooling against:
#   apt-get install r-cran-metafor && Rscript tests/metafor/reference.R tests/metafor
suppressMessages(library(metafor))
folder <- commandArgs(TRUE)[1]
sets <- list(
  # Colditz et al., JAMA 271 (1994) 698-702: relative risks of tuberculosis after vaccination
  bcg = escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg),
  # Hackshaw, Law and Wald, BMJ 315 (1997) 980-988: odds ratios of lung cancer by tobacco smoke of the spouse
  hackshaw = dat.hackshaw1998,
  # Pignon et al., Lancet 355 (2000) 949-955: hazard ratios of death by chemotherapy in head and neck cancer
  pignon = transform(subset(dat.pignon2000, V > 0), yi = OmE / V, vi = 1 / V)
)
options(digits = 15)
write.csv(do.call(rbind, lapply(names(sets), function(n) data.frame(set = n, log = sets[[n]]$yi, variance = sets[[n]]$vi))),
          file.path(folder, "studies.csv"), row.names = FALSE, quote = FALSE)
figures <- list()
for (n in names(sets)) for (method in c("FE", "DL", "PM", "REML")) {
  control <- if (method == "FE") list() else list(tol = 1e-13, threshold = 1e-13, maxiter = 1000)
  wald <- rma(yi, vi, data = sets[[n]], method = method, control = control)
  hk <- if (method == "FE") wald else rma(yi, vi, data = sets[[n]], method = method, test = "knha", control = control)
  ahead <- predict(hk)
  figures[[length(figures) + 1]] <- data.frame(
    set = n, method = method, k = wald$k, log = wald$b[1], lower = wald$ci.lb, upper = wald$ci.ub, p = wald$pval,
    q = wald$QE, q_p = wald$QEp, tau2 = wald$tau2,
    hk_lower = if (method == "FE") NA else hk$ci.lb, hk_upper = if (method == "FE") NA else hk$ci.ub, hk_p = if (method == "FE") NA else hk$pval,
    prediction_lower = if (method == "FE") NA else ahead$pi.lb, prediction_upper = if (method == "FE") NA else ahead$pi.ub)
}
write.csv(do.call(rbind, figures), file.path(folder, "figures.csv"), row.names = FALSE, quote = FALSE, na = "")
